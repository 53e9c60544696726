use serde_json::json;

use crate::{Emulator, folder, run};

#[test]
fn a_logout_says_what_it_did_and_the_login_is_gone() {
    let (emulator, home) = (Emulator::start(), folder("logout"));
    for arguments in [&["logout", "acme"][..], &["logout"], &["logout", "-w", "acme"]] {
        emulator.logged_in_at(&home);
        let ended = run(&mut emulator.at(&home), arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{ended:?}");
        let text = "logged out of workspace acme: deleted here, but not revoked";
        assert!(ended.stderr.starts_with(text), "{}", ended.stderr);
        let refused = run(&mut emulator.at(&home), &["token", "acme", "--json"]).error();
        assert_eq!((&refused["kind"], &refused["reason"]), (&json!("login_required"), &json!("logged_out")));
        run(&mut emulator.at(&home), &["workspaces", "--json"])
            .assert_prints("{\"current\":null,\"workspaces\":[]}\n");
    }
    emulator.logged_in_at(&home);
    let ended = run(&mut emulator.at(&home), &["logout", "--json"]).json();
    assert_eq!(ended, json!({"revoked": false, "deleted": true}));
}

#[test]
fn nothing_of_a_secret_stays_on_the_disk() {
    let (emulator, home) = (Emulator::start(), folder("logout-disk"));
    emulator.logged_in_at(&home);
    let grep = || {
        let mut grep = crate::beside(&emulator.at(&home), "grep");
        crate::finish(
            grep.args(["-r", "-l", emulator.get("api_key"), "."]).current_dir(&home).spawn().unwrap(),
        )
    };
    assert_eq!(grep().code, 0, "it was there");
    assert_eq!(run(&mut emulator.at(&home), &["logout"]).code, 0);
    assert_eq!((grep().code, grep().stdout), (1, String::new()));
}

#[test]
fn where_nobody_is_logged_in_nothing_is_ended() {
    let (emulator, home) = (Emulator::start(), folder("logout-nobody"));
    for (arguments, text) in [
        (&["logout", "nowhere"][..], "nobody is logged in to workspace nowhere"),
        (&["logout"], "nobody is logged in, so"),
    ] {
        let refused = run(&mut emulator.at(&home), arguments);
        assert_eq!((refused.code, refused.stdout.as_str(), refused.stderr.lines().count()), (3, "", 1));
        assert!(refused.stderr.contains(text), "{}", refused.stderr);
    }
    emulator.logged_in_at(&home);
    assert_eq!(run(&mut emulator.at(&home), &["logout", "nowhere"]).code, 3);
    assert_eq!(run(&mut emulator.at(&home), &["token"]).code, 0, "another login is left alone");
    assert_eq!(run(&mut emulator.at(&home), &["logout", "acme"]).code, 0);
    let again = run(&mut emulator.at(&home), &["logout", "acme", "--json"]).error();
    assert_eq!(again["reason"], "logged_out");
}

#[test]
fn the_stored_login_is_ended_whatever_the_variables_say() {
    let (emulator, home) = (Emulator::start(), folder("logout-variables"));
    emulator.logged_in_at(&home);
    let mut logout = emulator.at(&home);
    let ended = run(logout.env("BL_CLIENT_CREDENTIALS", emulator.client_credentials()), &["logout"]);
    assert!(ended.code == 0 && ended.stderr.contains("BL_CLIENT_CREDENTIALS is set"), "{ended:?}");
    assert_eq!(run(&mut emulator.at(&home), &["token"]).code, 3);
}
