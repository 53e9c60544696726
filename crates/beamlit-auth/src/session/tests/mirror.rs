//! The platform's own file beside the record, in the hands of several "processes".

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::chain::current::Current;
use crate::chain::places;
use crate::config::{Config, Environment};
use crate::error::{Error, Reason, Result};
use crate::platform::Rotation;
use crate::record::{Record, State, millis};
use crate::renewal::Ledger;
use crate::secret::Secret;
use crate::session::Session;
use crate::session::tests::flights;
use crate::session::tests::login::server::{Answer, Server};
use crate::session::tests::login::temporary;
use crate::session::tests::machine::{Machine, until};
use crate::sys::{System, Unix};

const URL: &str = "https://api.beamlit.com/v0/models";

/// A home folder with the file of the platform's tools in it, and a server.
struct World {
    home: PathBuf,
    server: Arc<Server>,
}

impl World {
    fn new(rotation: Rotation) -> Self {
        let home = temporary();
        Unix.make_folder(&home.join(".beamlit")).unwrap();
        Self { home, server: Arc::new(Server::new(rotation)) }
    }

    fn config(&self) -> Config {
        let rotation = match self.server.rotation {
            Rotation::None => "none",
            _ => "strict",
        };
        Config::new().workspace("acme").rotation(rotation)
    }

    fn environment(&self) -> Environment {
        Environment { home: Some(self.home.clone()), ..Environment::default() }
    }

    fn open(&self) -> Result<Session> {
        self.open_with(&self.config())
    }

    fn open_with(&self, config: &Config) -> Result<Session> {
        let server = Arc::clone(&self.server);
        let connect = Box::new(move |_: &_, _| Ok(server.door()));
        Session::open_on(Arc::new(Machine::default()), connect, flights(), config, &self.environment())
    }

    fn ledger(&self) -> Ledger {
        let settings = self.config().settle(&self.environment()).unwrap();
        let system: Arc<dyn System> = Arc::new(Unix);
        let store = settings.store.open(&system).unwrap();
        Ledger::new(store, places::key(&settings, None, Some("acme")), system)
    }

    fn record(&self) -> Record {
        self.ledger().read().unwrap().0
    }

    fn refresh_token(&self) -> String {
        self.record().refresh_token.map(|token| token.reveal().to_owned()).unwrap_or_default()
    }

    /// A login in the record alone, whose access token is good for `left`. Its refresh token.
    fn log_in(&self, left: Duration) -> String {
        let token = self.server.issue();
        let issued_at_ms = millis(Unix.wall()) - 7_200_000 + millis(left);
        let rotation = self.server.rotation;
        self.ledger()
            .overwrite(&|former: &Record| {
                let mut record = former.clone();
                record.remember(former.digests());
                (record.state, record.generation) = (State::Live, former.generation + 1);
                "device_code".clone_into(&mut record.kind);
                record.workspace = Some("acme".to_owned());
                record.client_id = Some("beamlit".to_owned());
                record.access_token = Some(Arc::new(Secret::new(format!("at-CANARY-{token}"))));
                record.refresh_token = Some(Arc::new(Secret::new(token.clone())));
                (record.lifetime_ms, record.issued_at_ms, record.rotation) =
                    (7_200_000, issued_at_ms, rotation);
                record
            })
            .unwrap();
        token
    }

    /// The time is over in which nobody tries again after a failure.
    fn rest(&self) {
        let rested = |former: &Record| {
            let mut record = former.clone();
            record.failure = None;
            record
        };
        self.ledger().overwrite(&rested).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.home.join(".beamlit/config.yaml")
    }

    #[expect(clippy::disallowed_methods, reason = "the platform's tools write as they like")]
    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "a test looks for itself")]
    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap_or_default()
    }

    /// What the platform's tools write at a login.
    fn vendor_writes(&self, refresh_token: &str) {
        self.write(&format!(
            "context:\n  workspace: acme\nworkspaces:\n  - name: acme\n    credentials:\n      access_token: vendors\n      refresh_token: {refresh_token}\n      expires_in: 7200\n      device_code: code\nother: 1 # mine\n"
        ));
    }
}

impl Drop for World {
    fn drop(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "a test tidies up")]
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

fn failed(opened: Result<Session>) -> Error {
    opened.and_then(|session| session.headers(URL)).err().unwrap()
}

fn mirror_of(session: &Session) -> String {
    let json: serde_json::Value = serde_json::from_str(&session.explain().to_json()).unwrap();
    let links = json["links"].as_array().unwrap();
    let link = links.iter().find(|link| link["link"] == "config.yaml").unwrap();
    link["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn a_login_of_the_platforms_tools_is_one_for_everybody_after_one_renewal() {
    for rotation in [Rotation::None, Rotation::Strict] {
        let world = World::new(rotation);
        let theirs = world.server.issue();
        world.vendor_writes(&theirs);
        let session = world
            .open_with(&Config::new().rotation(if rotation == Rotation::None { "none" } else { "strict" }))
            .unwrap();
        assert_eq!((session.workspace(), mirror_of(&session).as_str()), (Some("acme"), "candidate"));
        assert!(world.record().state == State::Empty, "nothing but a renewal makes it a login");
        session.headers(URL).unwrap();
        assert_eq!(world.open().unwrap().headers(URL).unwrap().generation(), 1);
        assert_eq!((world.server.requests(), world.server.reuse()), (1, 0));
        let record = world.record();
        assert!(record.is_live() && record.workspace.as_deref() == Some("acme") && record.claim.is_none());
        assert_eq!(record.device_code.unwrap().reveal(), "code");
        assert_eq!(world.refresh_token() == theirs, rotation == Rotation::None);
        // Spent, it is replaced in the file too; else the file stays as it is.
        until(|| world.text().contains(&world.refresh_token()));
        assert!(world.text().ends_with("other: 1 # mine\n"));
        assert_eq!(world.text().contains("access_token: vendors"), rotation == Rotation::None);
    }
}

#[test]
fn a_newer_login_of_the_platforms_tools_takes_the_place_of_ours() {
    let world = World::new(Rotation::None);
    world.log_in(Duration::from_secs(7000));
    let theirs = world.server.issue();
    world.vendor_writes(&theirs);
    let session = world.open().unwrap();
    assert_eq!(session.headers(URL).unwrap().generation(), 2);
    assert_eq!(world.refresh_token(), theirs);
    assert_eq!(mirror_of(&world.open().unwrap()), "skipped");
    assert_eq!(world.server.requests(), 1);
}

#[test]
fn a_token_of_theirs_that_is_refused_is_tried_once_and_ours_goes_on() {
    for rotation in [Rotation::None, Rotation::Strict] {
        let world = World::new(rotation);
        let ours = world.log_in(Duration::from_secs(7000));
        world.vendor_writes("CANARY-half-a-tok");
        let session = world.open().unwrap();
        assert_eq!(session.headers(URL).unwrap().generation(), 1, "the record's token is served");
        until(|| !world.record().known.is_empty());
        assert!(world.record().is_live() && world.refresh_token() == ours);
        assert_eq!(world.open().unwrap().headers(URL).unwrap().generation(), 1);
        assert_eq!(world.server.requests(), 1);
        until(|| world.text().contains(&ours));
    }
}

#[test]
fn a_lost_answer_to_theirs_costs_no_login_of_ours() {
    let world = World::new(Rotation::Strict);
    let ours = world.log_in(Duration::ZERO);
    world.vendor_writes(&world.server.issue());
    world.server.next(Answer::Lost);
    failed(world.open());
    assert!(world.record().claim.is_some());
    // Whoever comes next holds the lock, so the claim's owner is gone; a failure is shared for a while.
    let session = world.open().unwrap();
    until(|| session.headers(URL).is_ok());
    assert_eq!(world.server.reuse(), 0);
    assert_ne!(world.refresh_token(), ours);
    assert!(world.record().known.len() >= 2);
}

#[test]
fn a_login_of_theirs_is_tried_although_the_outcome_of_ours_is_unknown() {
    let world = World::new(Rotation::Strict);
    world.log_in(Duration::ZERO);
    world.server.next(Answer::Lost);
    failed(world.open());
    let ours = world.record().claim.unwrap();
    // What is refused, or lost as well, changes nothing about what is known of ours.
    for (theirs, answer) in [("CANARY-half-a-tok", Answer::Good), (&*world.server.issue(), Answer::Lost)] {
        world.vendor_writes(theirs);
        world.server.next(answer);
        world.rest();
        failed(world.open());
        world.rest();
        assert_eq!(failed(world.open()).reason(), Some(Reason::RefreshOutcomeUnknown), "{answer:?}");
        let record = world.record();
        assert!(record.claim.as_ref() == Some(&ours), "{answer:?}");
        assert!(record.known.contains(&Secret::new(theirs).digest()), "{answer:?}");
    }
    assert_eq!((world.server.requests(), world.server.reuse()), (3, 0));
    world.vendor_writes(&world.server.issue());
    world.open().unwrap().headers(URL).unwrap();
    assert!(world.record().claim.is_none());
    assert_eq!((world.server.requests(), world.server.reuse()), (4, 0));
}

#[test]
fn a_login_of_theirs_after_a_refused_replay_is_one_for_the_same_sessions() {
    let world = World::new(Rotation::None);
    world.log_in(Duration::ZERO);
    for answer in [Answer::Lost, Answer::InvalidGrant] {
        world.server.next(answer);
        world.rest();
        failed(world.open());
    }
    assert!(world.record().state == State::Dead && world.record().rotation == Rotation::Strict);
    world.vendor_writes(&world.server.issue());
    for _ in 0..2 {
        world.open().unwrap().headers(URL).unwrap();
    }
    assert!(world.record().is_live() && world.record().rotation == Rotation::None);
}

#[test]
fn an_older_token_in_the_file_is_written_over_and_nothing_missing_means_anything() {
    for rotation in [Rotation::None, Rotation::Strict] {
        let world = World::new(rotation);
        let older = world.log_in(Duration::ZERO);
        world.log_in(Duration::ZERO);
        world.vendor_writes(&older);
        world.open().unwrap().headers(URL).unwrap();
        until(|| world.text().contains(&world.refresh_token()));
        assert_eq!((world.server.requests(), world.server.reuse()), (1, 0));
        for missing in ["", "context:\n  workspace:\nworkspaces:\n", "workspaces: [", "# gone\n", "\u{0}"] {
            world.write(missing);
            world.open().unwrap().headers(URL).unwrap();
            assert_eq!(world.text(), missing);
        }
        assert_eq!(world.server.requests(), 1);
    }
}

#[test]
fn an_older_token_that_stays_in_the_file_is_never_forgotten() {
    let world = World::new(Rotation::Strict);
    let older = world.log_in(Duration::ZERO);
    world.log_in(Duration::ZERO);
    world.vendor_writes(&older);
    let lock = Unix.try_lock(&world.file().with_file_name(".config.yaml.lock")).unwrap();
    for number in 1..=80 {
        let expired = |former: &Record| {
            let mut record = former.clone();
            record.issued_at_ms = millis(Unix.wall()) - record.lifetime_ms;
            record
        };
        world.ledger().overwrite(&expired).unwrap();
        world.open().unwrap().headers(URL).unwrap();
        assert_eq!((world.server.requests(), world.server.reuse()), (number, 0));
    }
    assert!(lock.is_some() && world.text().contains(&older));
}

#[test]
fn keys_and_client_credentials_that_were_never_met_win_as_they_stand() {
    let world = World::new(Rotation::None);
    world.log_in(Duration::from_secs(7000));
    let entry = |member: &str| format!("workspaces:\n- name: acme\n  credentials: {{{member}}}\n");
    world.write(&entry("apiKey: CANARY-key"));
    let session = world.open().unwrap();
    assert_eq!((session.token().unwrap().reveal(), mirror_of(&session).as_str()), ("CANARY-key", "picked"));
    assert!(session.explain().picked_json().contains("config.yaml"));
    world.write(&entry("client_credentials: id:CANARY-secret"));
    assert!(world.open().unwrap().explain().picked_json().contains("client_credentials"));
    world
        .ledger()
        .overwrite(&|former: &Record| {
            let mut record = former.clone();
            record.remember([Secret::new("CANARY-key").digest()]);
            record
        })
        .unwrap();
    world.write(&entry("apiKey: CANARY-key"));
    assert!(world.open().unwrap().token().unwrap().reveal().starts_with("at-CANARY"));
}

#[test]
fn a_logout_ends_both_and_only_a_newer_login_comes_back() {
    let world = World::new(Rotation::None);
    let ours = world.log_in(Duration::from_secs(7000));
    world.vendor_writes(&ours);
    let ended = world.open().unwrap().logout().unwrap();
    assert!(ended.deleted);
    assert_eq!(world.text(), "context:\n  workspace: \"\"\nworkspaces: []\nother: 1 # mine\n");
    // A stale write of their tools.
    world.vendor_writes(&ours);
    assert_eq!(failed(world.open()).reason(), Some(Reason::LoggedOut));
    let theirs = world.server.issue();
    world.vendor_writes(&theirs);
    world.open().unwrap().headers(URL).unwrap();
    assert_eq!(world.refresh_token(), theirs);
    // A login that only their file has is ended too.
    world.vendor_writes(&world.server.issue());
    assert!(world.open().unwrap().logout().unwrap().deleted);
    assert!(world.text().contains("workspaces: []"));
    assert_eq!(failed(world.open()).reason(), Some(Reason::LoggedOut));
}

#[test]
fn entries_belong_to_the_hosts_of_their_env_and_what_an_emulator_issued_to_this_machine() {
    let world = World::new(Rotation::None);
    let entry = |env: &str, key: &str| {
        format!("workspaces:\n- name: acme\n  env: {env}\n  credentials:\n    apiKey: {key}\n")
    };
    let is_found = |config: Config| world.open_with(&config).is_ok();
    let at = |url: &str| world.config().api_url(url);
    let (dev, here) = ("https://api.beamlit.dev/v0", "http://127.0.0.1:9/v0");
    world.write(&entry("", "CANARY-key"));
    assert!(is_found(world.config()) && !is_found(at(dev)) && !is_found(at(here)));
    world.write(&entry("dev", "CANARY-key"));
    assert!(!is_found(world.config()) && is_found(at(dev)) && !is_found(at(here)));
    world.write(&entry("local", "CANARY-key"));
    assert!(is_found(at("http://localhost:8080/v0")) && !is_found(at(here)));
    world.write(&entry("", "BL_EMULATORCANARY"));
    assert!(!is_found(world.config()) && !is_found(at(dev)) && is_found(at(here)));
    // Another store has no plaintext twin.
    world.write(&entry("", "CANARY-key"));
    assert!(!is_found(world.config().store("memory")));
    assert!(!is_found(world.config().store(format!("file:{}", world.home.display()))));
}

#[test]
fn a_broken_file_costs_a_line_and_nothing_else() {
    let world = World::new(Rotation::Strict);
    world.log_in(Duration::ZERO);
    for broken in ["workspaces: [", "\u{0}", "a: 1\na: 2\n"] {
        world.write(broken);
        let session = world.open().unwrap();
        session.headers(URL).unwrap();
        assert_eq!(mirror_of(&session), "invalid");
        session.logout().unwrap();
        assert_eq!(world.text(), broken);
        world.log_in(Duration::ZERO);
    }
}

#[test]
fn their_context_wins_once_it_has_changed() {
    let world = World::new(Rotation::None);
    let settings = Config::new().settle(&world.environment()).unwrap();
    let system: Arc<dyn System> = Arc::new(Unix);
    let current = || Current::new(&settings, settings.store.open(&system).unwrap(), &system);
    let context = |name: &str| {
        world.write(&format!(
            "context: {{workspace: {name}}}\nworkspaces: [{{name: a}}, {{name: b}}, {{name: d, env: dev}}]\n"
        ));
    };
    context("a");
    assert_eq!(current().workspace().unwrap().as_deref(), Some("a"));
    current().set(Some("ours")).unwrap();
    assert_eq!(current().workspace().unwrap().as_deref(), Some("ours"));
    for (theirs, counts) in
        [("b", "b"), ("a", "ours"), ("d", "ours"), ("gone", "ours"), ("''", "ours"), ("../x", "ours")]
    {
        context(theirs);
        assert_eq!(current().workspace().unwrap().as_deref(), Some(counts), "{theirs}");
    }
    world.write("");
    assert_eq!(current().workspace().unwrap().as_deref(), Some("ours"));
}

#[test]
fn a_login_that_their_tools_have_left_is_named_where_no_workspace_is() {
    let world = World::new(Rotation::None);
    world.vendor_writes(&world.server.issue());
    let unnamed = Config::new().rotation("none");
    world.open_with(&unnamed).unwrap().headers(URL).unwrap();
    world.write("context: {}\nworkspaces: []\n");
    assert_eq!(world.open().unwrap().headers(URL).unwrap().generation(), 1, "only our logout ends it");
    let error = failed(world.open_with(&unnamed));
    assert_eq!(error.reason(), Some(Reason::NoCredential));
    assert!(
        error.message().contains("logins to acme") && error.message().contains("bl workspaces acme"),
        "{error}"
    );
    let settings = unnamed.settle(&world.environment()).unwrap();
    let system: Arc<dyn System> = Arc::new(Unix);
    Current::new(&settings, settings.store.open(&system).unwrap(), &system).set(Some("acme")).unwrap();
    assert_eq!(world.open_with(&unnamed).unwrap().headers(URL).unwrap().generation(), 1);
}

#[test]
fn another_platform_is_named_that_has_just_one_login() {
    let world = World::new(Rotation::None);
    let told = |config: Config| failed(world.open_with(&config)).message().to_owned();
    let blaxel = |names: &[&str]| {
        Unix.make_folder(&world.home.join(".blaxel")).unwrap();
        let entries =
            names.iter().map(|name| format!("- name: {name}\n  credentials: {{apiKey: CANARY-key}}\n"));
        let text = format!("workspaces:\n{}", entries.collect::<String>());
        #[expect(clippy::disallowed_methods, reason = "the platform's tools write as they like")]
        std::fs::write(world.home.join(".blaxel/config.yaml"), text).unwrap();
    };
    assert!(!told(Config::new()).contains("blaxel"));
    blaxel(&["acme"]);
    for config in [Config::new(), Config::new().workspace("acme")] {
        let told = told(config);
        assert!(told.contains("acme on blaxel; set BL_PLATFORM=blaxel"), "{told}");
    }
    assert!(!told(Config::new().workspace("globex")).contains("blaxel"));
    blaxel(&["acme", "globex"]);
    assert!(!told(Config::new()).contains("blaxel"), "it is not known which one is meant");
    assert!(told(Config::new().workspace("globex")).contains("globex on blaxel"));
    assert_eq!(
        world
            .open_with(&Config::new().platform("blaxel").workspace("acme"))
            .unwrap()
            .token()
            .unwrap()
            .reveal(),
        "CANARY-key"
    );
}
