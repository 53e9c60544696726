//! The platform's own tool: it reads its file, changes it and writes it, in two parts and without a lock.

use std::fmt::Write as _;
use std::time::Duration;

use crate::simulation::invariants::YAML;
use crate::simulation::plan::Act;
use crate::simulation::tasks;
use crate::simulation::world::{self, World};

/// What it knows of its file.
#[derive(Clone, Default)]
struct Known {
    /// The refresh token of our workspace.
    login: Option<String>,
    foreign: Option<String>,
}

/// The platform's file as it is.
pub(super) fn text(world: &World) -> String {
    let bytes = world.disk.open(YAML).map(|file| world.disk.bytes(file).to_vec());
    String::from_utf8(bytes.unwrap_or_default()).unwrap()
}

/// What is in the file that is not ours.
pub(super) fn foreign(text: &str) -> Option<&str> {
    value(text, "apiKey")
}

fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "))?;
    let value = line.trim_matches('"');
    (!value.is_empty()).then_some(value)
}

fn read(world: &World) -> Known {
    let text = text(world);
    Known {
        login: value(&text, "refresh_token").map(str::to_owned),
        foreign: foreign(&text).map(str::to_owned),
    }
}

fn written(known: &Known) -> String {
    let mut text = "context:\n  workspace: acme\nworkspaces:\n".to_owned();
    if let Some(login) = &known.login {
        let _ = writeln!(text, "- name: acme\n  credentials:\n    access_token: at-of-{login}");
        let _ =
            writeln!(text, "    refresh_token: {login}\n    expires_in: 3600\n    device_code: dc-CANARY");
    }
    if let Some(foreign) = &known.foreign {
        let _ = writeln!(text, "- name: other\n  credentials:\n    apiKey: {foreign}");
    }
    text
}

/// Writes the first file.
pub(super) fn begin(world: &mut World, login: &str) {
    let known = Known { login: Some(login.to_owned()), foreign: Some("key-CANARY".to_owned()) };
    let now = world.wall();
    world.disk.make_folder("/home/.beamlit").unwrap();
    let file = world.disk.create(YAML, now).unwrap();
    world.disk.write(file, written(&known).as_bytes(), now);
    world.disk.sync(file);
    for folder in ["/home", "/home/.beamlit"] {
        world.disk.sync_folder(folder).unwrap();
    }
}

/// Does one thing, and may take its time between reading and writing.
pub(super) fn act(act: Act) {
    let mut known = world::with(|world| read(world));
    let mut login = None;
    match act {
        Act::VendorWrites(pause) => {
            tasks::sleep(pause);
        }
        Act::VendorLogin => {
            login = Some(world::with(|world| world.server.log_in(0)));
            known.login.clone_from(&login);
        }
        Act::VendorLogout => known.login = None,
        _ => {}
    }
    tasks::switch();
    let file = world::with(|world| {
        world.tell(&format!("the platform's tool: {act:?}"));
        // Whoever opens it finds the file of the moment.
        world.disk.make_folder("/home/.beamlit").unwrap();
        let now = world.wall();
        let file = world.disk.open(YAML).or_else(|_| world.disk.create(YAML, now)).unwrap();
        date(world, login.as_deref());
        file
    });
    let text = written(&known);
    for part in [0, text.len() / 2, text.len()] {
        tasks::switch();
        tasks::sleep(Duration::from_millis(1));
        world::with(|world| {
            let now = world.wall();
            world.disk.write(file, &text.as_bytes()[..part], now);
        });
    }
    // Who looked while it was in the making may have seen nothing of it.
    world::with(|world| date(world, login.as_deref()));
}

/// What is written down now is newer than all before.
fn date(world: &mut World, login: Option<&str>) {
    if let Some(family) = login.and_then(|login| world.server.family_of(login)) {
        world.server.families[family].order = world.ghost.next_order();
    }
}
