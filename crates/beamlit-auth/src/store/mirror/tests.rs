//! Every form that the platform's tools have written, read and changed; and the file on a disk.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use crate::store::mirror::edit::{Change, Unfit, edited};
use crate::store::mirror::entry::{Contents, Held, MEMBERS};
use crate::store::mirror::written::{Put, Value};

macro_rules! fixtures {
    ($($name:ident: $file:literal)*) => {
        $(const $name: &str = include_str!(concat!("../../../tests/fixtures/yaml/", $file, ".yaml"));)*
        const ALL: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

fixtures! {
    CLI_2024_11: "cli-2024-11"
    CLI_2024_12: "cli-2024-12"
    SDK_PYTHON: "sdk-python-2025-01"
    SDK_TYPESCRIPT: "sdk-typescript-2025-01"
    CLI_2025_07: "cli-2025-07"
    CLI_2026_02: "cli-2026-02"
    LOGGED_OUT: "logged-out"
    UNTYPED: "untyped"
    BY_HAND: "by-hand"
    CRLF: "crlf"
    DUPLICATE: "duplicate"
    CUT: "cut"
    TORN: "torn"
    COMMENTS: "comments"
    EMPTY: "empty"
    LISTS_EMPTY: "lists-empty"
    ALIASES: "aliases"
}

/// A file as one line: the context, then each entry with what is used of it.
fn read(text: &str) -> String {
    let Ok(contents) = Contents::read(text) else { return "broken".to_owned() };
    let mut said = contents.context.unwrap_or_else(|| "-".to_owned());
    for entry in contents.entries {
        let held = match entry.held {
            None => "nothing".to_owned(),
            Some(Held::ApiKey(key)) => format!("key {}", key.reveal()),
            Some(Held::Login { refresh_token, device_code: None }) => {
                format!("login {}", refresh_token.reveal())
            }
            Some(Held::Login { refresh_token, device_code: Some(code) }) => {
                format!("login {} {}", refresh_token.reveal(), code.reveal())
            }
            Some(Held::Client { client_id, client_secret }) => {
                format!("client {client_id} {}", client_secret.reveal())
            }
        };
        let mark = if entry.is_marked { "!" } else { "" };
        let env = if entry.env.is_empty() { String::new() } else { format!("@{}", entry.env) };
        write!(said, " | {}{env}{mark}: {held}", entry.name).unwrap();
    }
    said
}

#[test]
fn every_form_of_the_platforms_tools_is_read() {
    let expected = [
        (
            CLI_2024_11,
            "acme | acme!: key BL_EMULATORCANARY000000000000000001 | globex: login CANARY-refresh-globex CANARY-device-globex",
        ),
        (
            CLI_2024_12,
            "acme | acme: login CANARY-refresh-acme CANARY-device-acme | globex: key CANARY-key-globex | initech: client initech-id CANARY-secret",
        ),
        (SDK_PYTHON, "acme | acme: login CANARY-refresh-acme CANARY-device-acme"),
        (
            SDK_TYPESCRIPT,
            "acme | acme: login CANARY-refresh-acme CANARY-device-acme | initech: login CANARY-refresh-initech",
        ),
        (
            CLI_2025_07,
            "acme | acme@dev: login CANARY-refresh-acme CANARY-device-acme | globex: key CANARY-key-globex | local@local: key CANARY-key-local",
        ),
        (
            CLI_2026_02,
            "acme | acme: login CANARY-refresh-acme CANARY-device-acme | initech: client initech-id CANARY-secret | raw: client raw-id CANARY-secret | camel: client initech-id CANARY-secret",
        ),
        (LOGGED_OUT, "-"),
        (UNTYPED, "123 | 123: key 1e3 | no: key no | 2024-01-01: login 2024-01-01 | null: key 0x1F"),
        (BY_HAND, "acme | acme: login CANARY-refresh-acme | globex: key CANARY-key-globex"),
        (CRLF, "acme | acme: login CANARY-refresh-acme"),
        (DUPLICATE, "broken"),
        (CUT, "acme | acme: nothing"),
        (TORN, "broken"),
        (COMMENTS, "-"),
        (EMPTY, "-"),
        (LISTS_EMPTY, "-"),
        (ALIASES, "- | acme: login CANARY-refresh-acme"),
    ];
    assert_eq!(expected.len(), ALL.len());
    for (text, said) in expected {
        assert_eq!(read(text), said);
        // A byte order mark is no part of it.
        assert_eq!(read(&format!("\u{feff}{text}")), said);
    }
}

#[test]
fn what_is_no_file_of_the_platform_says_nothing_and_costs_nothing() {
    for odd in [
        "hello",
        "- a\n- b",
        "{}",
        "[]",
        "workspaces: 1",
        "workspaces: {a: 1}",
        "workspaces: [1, [2], {name: [a]}]",
        "context: [a]",
        "42",
        "~",
    ] {
        assert_eq!(read(odd), "-", "{odd}");
    }
    for broken in [
        "a: b: c",
        "\"",
        "{",
        "a: [",
        "a: 1\na: 2",
        "a\n---\nb",
        "\t- a",
        "%",
        "&",
        "*x",
        "a: \u{1}\n\u{0}b: [",
    ] {
        assert!(["broken", "-"].contains(&read(broken).as_str()), "{broken:?}: {}", read(broken));
    }
    assert_eq!(read(&"- ".repeat(100_000)), "broken");
    assert_eq!(read(&"[".repeat(100_000)), "broken");
    assert_eq!(read(&format!("{}1", "a: {".repeat(100))), "broken");
}

/// Every prefix of every form, as a reader may meet it amid a write, is read or refused, and changed or refused.
#[test]
fn no_prefix_and_no_damage_is_fatal() {
    for (_, text) in ALL {
        for end in (0..=text.len()).step_by(3).filter(|end| text.is_char_boundary(*end)) {
            let _ = (read(&text[..end]), put(&text[..end], "acme", true), remove(&text[..end], "acme"));
        }
        let signs = ["\"", "\n", ": ", "- ", "[", "}", "#", "\t"].iter().cycle();
        for ((place, _), sign) in text.char_indices().step_by(5).zip(signs) {
            let damaged = format!("{}{sign}{}", &text[..place], &text[place..]);
            let _ = (read(&damaged), put(&damaged, "acme", true), remove(&damaged, "acme"));
        }
    }
}

fn members() -> Vec<(&'static str, Value)> {
    let text = |text: &str| Value::Text(Zeroizing::new(text.to_owned()));
    vec![
        ("access_token", text("new.access")),
        ("refresh_token", text("new-\"refresh\":#\\")),
        ("expires_in", Value::Number(3600)),
        ("device_code", text("new-device")),
    ]
}

fn put(text: &str, name: &str, current: bool) -> Result<String, Unfit> {
    let change = Change::Put(Put { name, env: "", members: &members(), current });
    edited(text, &change).map(|text| text.to_string())
}

fn remove(text: &str, name: &str) -> Result<String, Unfit> {
    edited(text, &Change::Remove(name)).map(|text| text.to_string())
}

/// The lines that are only in the one, and only in the other.
fn difference<'a>(before: &'a str, after: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let (a, b): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let mut common = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] =
                if a[i] == b[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut gone, mut new) = (0, 0, Vec::new(), Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && common[i + 1][j] >= common[i][j + 1]) {
            gone.push(a[i]);
            i += 1;
        } else {
            new.push(b[j]);
            j += 1;
        }
    }
    (gone, new)
}

/// Whether a line is one of those that a login may change in an entry that is there.
fn is_ours(line: &str) -> bool {
    let key = line.trim_start().split(':').next().unwrap_or_default();
    MEMBERS.contains(&key)
        || ["workspace", "current_context", "context"].contains(&key)
        || line.trim() == "CANARY.access.acme"
}

#[test]
fn a_login_changes_its_own_lines_alone() {
    for (name, text) in ALL.iter().filter(|(_, text)| read(text).contains("| acme")) {
        if *name == "aliases" {
            continue;
        }
        let after = put(text, "acme", true).unwrap_or_else(|_| panic!("{name}"));
        let (gone, new) = difference(text.trim_end_matches("7200"), &after);
        for line in gone.iter().chain(&new) {
            assert!(is_ours(line), "{name}: {line}\n{after}");
        }
        let said = read(&after);
        assert!(said.starts_with("acme"), "{name}: {said}");
        assert!(said.contains(": login new-\"refresh\":#\\ new-device"), "{name}: {said}\n{after}");
        for other in ["api_key: BL", "apiKey: CANARY-key-acme", "refresh-acme"] {
            assert!(!after.contains(other), "{name}: {after}");
        }
        assert!(after.contains("expires_in: 3600"), "{name}: {after}");
        assert_eq!(
            put(&after, "acme", true).ok().as_deref(),
            Some(after.as_str()),
            "{name}: not the same twice"
        );
    }
}

#[test]
fn a_login_to_another_workspace_and_its_logout_leave_the_file_as_it_was() {
    for (name, text) in ALL {
        let Ok(after) = put(text, "zz-new", false) else {
            assert!(["duplicate", "torn", "aliases"].contains(name), "{name}");
            continue;
        };
        assert!(read(&after).contains("zz-new: login new"), "{name}: {after}");
        let (gone, new) = difference(text, &after);
        let filled = ["workspaces:\n", "workspaces: []\n"];
        assert!(gone.iter().all(|line| filled.contains(line) || !line.ends_with('\n')), "{name}: {gone:?}");
        assert!(new.len() >= 6, "{name}: {after}");
        let back = remove(&after, "zz-new").unwrap_or_else(|_| panic!("{name}"));
        let (gone, new) = difference(text, &back);
        let left = [&filled[..], &["expires_in: 7200\r\n"]].concat();
        let is_left = |line: &&str| left.iter().any(|left| left.trim() == line.trim());
        assert!(gone.iter().chain(&new).all(is_left), "{name}: {gone:?} {new:?}\n{back}");
    }
}

#[test]
fn a_logout_takes_the_entry_and_the_context_and_nothing_else() {
    for (name, text) in ALL.iter().filter(|(name, text)| *name != "aliases" && read(text).contains("| acme"))
    {
        let after = remove(text, "acme").unwrap_or_else(|_| panic!("{name}"));
        let (before, said) = (read(text), read(&after));
        let others: Vec<&str> =
            before.split(" | ").skip(1).filter(|entry| !entry.starts_with("acme")).collect();
        assert_eq!(said, [vec!["-"], others].concat().join(" | "), "{name}: {after}");
        let (_, new) = difference(text, &after);
        assert!(
            new.iter().all(|line| line.contains("workspace") || line.contains("current_context")),
            "{name}: {new:?}"
        );
        for kept in text
            .lines()
            .filter(|line| line.starts_with('#') || line.contains("tracking") || line.contains("nested"))
        {
            assert!(after.contains(kept), "{name}: {kept}");
        }
    }
    assert!(remove(SDK_PYTHON, "acme").is_ok_and(|after| after.ends_with("workspaces: []\n")));
}

#[test]
fn what_cannot_be_changed_safely_is_left_as_it_is() {
    for (text, name) in [
        (TORN, "acme"),
        (DUPLICATE, "acme"),
        (ALIASES, "acme"),
        (BY_HAND, "globex"),
        ("- a", "acme"),
        ("hello", "acme"),
        ("workspaces: [{name: a}]", "acme"),
        ("workspaces: text", "acme"),
    ] {
        assert!(put(text, name, false).is_err(), "{text}");
    }
}

#[test]
fn a_new_file_is_what_the_platforms_tools_write() {
    assert_eq!(
        put("", "acme", true).ok().as_deref(),
        Some(
            "context:\n  workspace: \"acme\"\nworkspaces:\n  - name: \"acme\"\n    credentials:\n      access_token: \"new.access\"\n      refresh_token: \"new-\\\"refresh\\\":#\\\\\"\n      expires_in: 3600\n      device_code: \"new-device\"\n"
        )
    );
    assert_eq!(
        read(&put(LOGGED_OUT, "acme", true).ok().unwrap()),
        "acme | acme: login new-\"refresh\":#\\ new-device"
    );
    assert_eq!(
        read(&put(LISTS_EMPTY, "acme", true).ok().unwrap()),
        "acme | acme: login new-\"refresh\":#\\ new-device"
    );
}
