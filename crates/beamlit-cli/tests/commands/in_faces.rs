//! The command line's part of `tests/faces.toml`: each command and flag that stands there is there, and back.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{bl, faces, run};

/// What a cell can say: `command`, `command --flag`, and `--flag` of any command.
fn described(help: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let flags = |of: &Value| {
        let flags = of["flags"].as_array().unwrap().iter();
        flags.map(|flag| flag["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut anywhere: BTreeSet<String> = flags(help).into_iter().collect();
    let mut placed = BTreeSet::new();
    for command in help["commands"].as_array().unwrap() {
        let name = command["name"].as_str().unwrap();
        placed.insert(name.to_owned());
        placed.extend(flags(command).iter().map(|flag| format!("{name} {flag}")));
        anywhere.extend(flags(command));
    }
    (anywhere, placed)
}

#[test]
fn each_command_and_flag_stands_in_a_row_and_no_other_does() {
    let (anywhere, placed) = described(&run(&mut bl(), &["help", "--json"]).json());
    let faces = faces::read();
    let credentials = faces.credential.iter().flat_map(|credential| credential.cli.names());
    let settings = faces.setting.iter().flat_map(|setting| setting.cli.names());
    let rows = credentials.chain(settings).map(String::as_str);
    let rows: BTreeSet<_> = rows.chain(faces::names(&faces, |noun| &noun.cli)).collect();
    for name in &rows {
        assert!(anywhere.contains(*name) || placed.contains(*name), "there is no {name}");
    }
    for name in placed {
        let flag = name.split_once(' ').map(|(_, flag)| flag);
        let stands = rows.contains(name.as_str()) || flag.is_some_and(|flag| rows.contains(flag));
        assert!(stands, "{name} stands in no row");
    }
}
