use serde_json::{Value, json};

use crate::{BL, Emulator, beside, finish, run};

#[test]
fn headers_are_lines_or_an_object() {
    let emulator = Emulator::start();
    let (key, url) = (emulator.get("api_key"), emulator.models());
    let lines = format!("X-Beamlit-Api-Key: {key}\nX-Beamlit-Workspace: acme\n");
    run(&mut emulator.with_key(), &["headers", &url, "-w", "acme"]).assert_prints(&lines);
    let object =
        run(&mut emulator.with_key(), &["headers", &url, "-w", "acme", "--json", "-X", "POST"]).json();
    assert_eq!(object, json!({"headers": {"X-Beamlit-Api-Key": key, "X-Beamlit-Workspace": "acme"}}));
}

#[test]
fn curl_lists_models_with_each_header_and_no_secret_in_an_argument() {
    let emulator = Emulator::start();
    let of_key = ["Authorization", "X-Beamlit-Authorization", "Api-Key", "X-Beamlit-Api-Key"];
    let of_token = ["Authorization", "X-Beamlit-Authorization"];
    let cases = of_key.map(|name| (emulator.with_key(), name)).into_iter();
    for (bl, name) in cases.chain(of_token.map(|name| (emulator.with_client(), name))) {
        let script =
            r#""$0" headers "$1" --header "$2" -w acme | curl --silent --show-error --fail -H @- "$1""#;
        let mut shell = beside(&bl, "sh");
        let models = finish(shell.args(["-c", script, BL, &emulator.models(), name]).spawn().unwrap());
        assert_eq!((models.code, models.stderr.as_str()), (0, ""), "{name}");
        let models: Value = serde_json::from_str(&models.stdout).unwrap();
        assert!(models.is_array(), "{name}: {models}");
    }
}

#[test]
fn another_origin_gets_nothing() {
    let emulator = Emulator::start();
    for url in
        ["https://127.0.0.1.example.com/", "http://localhost:1/v0", "https://api.beamlit.com.evil.example/v0"]
    {
        let refused = run(&mut emulator.with_key(), &["headers", url, "--json"]).error();
        assert_eq!((&refused["kind"], &refused["exit_code"]), (&json!("origin_refused"), &json!(2)), "{url}");
    }
    assert_eq!(emulator.recorded()["requests"], json!([]));
}

#[test]
fn an_origin_can_be_allowed_more_than_once() {
    let emulator = Emulator::start();
    for url in ["http://127.0.0.1:9/x", "http://localhost:9/y"] {
        let allow = ["--allow-origin", "http://127.0.0.1:9", "--allow-origin", "http://localhost:9"];
        let printed = run(emulator.with_key().args(["headers", url]), &allow);
        assert_eq!((printed.code, printed.stdout.lines().count()), (0, 1), "{url}: {printed:?}");
    }
}
