use beamlit_emulator::{Dialect, Emulator};
use serde_json::{Value, json};

use crate::{Answer, get, models, post_form, post_json, refused};

fn control(emulator: &Emulator, path: &str, body: &Value) -> Answer {
    post_json(&format!("{}/_emulator/{path}", emulator.console_url()), &[], body)
}

fn start(emulator: &Emulator) -> Value {
    let url = format!("{}/login/device", emulator.api_url());
    post_json(&url, &[], &json!({"client_id": "beamlit", "workspace": "acme", "scope": "offline_access"}))
        .json()
}

fn poll(emulator: &Emulator, device: &Value) -> Answer {
    let body = json!({"grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": device["device_code"], "client_id": "beamlit"});
    post_json(&emulator.token_endpoint(), &[], &body)
}

#[test]
fn a_login_is_there_at_once_and_counts_as_no_request() {
    for dialect in [Dialect::Platform, Dialect::Strict] {
        let emulator = Emulator::builder().dialect(dialect).token_lifetime(60).start().unwrap();
        let login = emulator.login("globex");
        assert_eq!((login.client_id.as_str(), login.expires_in), ("beamlit", 60));
        assert_eq!((login.workspace.as_str(), login.token_type.as_str()), ("globex", "Bearer"));
        assert!(
            login.device_code.starts_with("dc_EMULATOR") && login.refresh_token.starts_with("rt_EMULATOR")
        );
        assert_eq!(emulator.token_requests(), 0);
        assert!(emulator.requests().is_empty() && emulator.pending_logins().is_empty());
        assert_eq!(models(&emulator, &login.access_token), 200);
        assert_eq!(emulator.workspaces(), ["acme", "globex"]);
        let shown = format!("{login:?}");
        assert!(!shown.contains("EMULATOR") && shown.contains("globex"), "{shown}");
        emulator.advance(61);
        assert_eq!(models(&emulator, &login.access_token), 401);
        let used = json!({"device_code": login.device_code});
        if dialect == Dialect::Platform {
            assert_eq!(refused(&poll(&emulator, &used)), (400, "invalid_grant".to_owned()));
        }
    }
}

#[test]
fn a_login_that_was_revoked_is_refused_everywhere() {
    let emulator = Emulator::start().unwrap();
    let login = emulator.login("acme");
    assert!(emulator.revoke(&login.access_token));
    assert_eq!(models(&emulator, &login.access_token), 401);
    assert!(!emulator.revoke(&login.access_token));
    assert!(emulator.revoke(&login.refresh_token));
    assert!(!emulator.revoke("rt_CANARY"));
    let body = format!("grant_type=refresh_token&refresh_token={}", login.refresh_token);
    let answer = post_form(&emulator.token_endpoint(), &[], &body);
    assert_eq!(refused(&answer), (400, "invalid_grant".to_owned()));
}

#[test]
fn logins_are_steered_over_http() {
    let emulator = Emulator::start().unwrap();
    let login = control(&emulator, "login", &json!({"workspace": "acme"})).json();
    let members: Vec<&String> = login.as_object().unwrap().keys().collect();
    let expected = [
        "access_token",
        "client_id",
        "device_code",
        "expires_in",
        "refresh_token",
        "scope",
        "token_type",
        "workspace",
    ];
    assert_eq!(members, expected);
    assert_eq!(models(&emulator, login["access_token"].as_str().unwrap()), 200);
    let other = control(&emulator, "login", &json!({"workspace": "acme", "client_id": "cli"})).json();
    assert_eq!((&login["client_id"], &other["client_id"]), (&json!("beamlit"), &json!("cli")));

    let (approved, denied) = (start(&emulator), start(&emulator));
    let pending = get(&format!("{}/_emulator/pending", emulator.console_url()), &[]).json();
    assert_eq!(pending.as_array().unwrap().len(), 2);
    assert_eq!(
        pending[0],
        json!({"user_code": approved["user_code"], "client_id": "beamlit", "workspace": "acme",
            "scope": "offline_access", "verification_uri_complete": approved["verification_uri_complete"]})
    );
    let decide = |how: &str, device: &Value| {
        control(&emulator, how, &json!({"user_code": device["user_code"]})).status
    };
    assert_eq!((decide("approve", &approved), decide("deny", &denied)), (204, 204));
    assert_eq!((decide("deny", &approved), decide("approve", &denied)), (404, 404));
    assert_eq!((poll(&emulator, &approved).status, poll(&emulator, &denied).status), (200, 400));

    let token = json!({"token": login["refresh_token"]});
    assert_eq!(control(&emulator, "revoke", &token).status, 204);
    assert_eq!(control(&emulator, "revoke", &token).status, 404);
    assert_eq!(models(&emulator, login["access_token"].as_str().unwrap()), 401);
}

#[test]
fn counters_tell_grants_apart() {
    let emulator = Emulator::start().unwrap();
    control(&emulator, "settings", &json!({"rotation": "strict"}));
    let login = emulator.login("acme");
    let body = format!("grant_type=refresh_token&refresh_token={}", login.refresh_token);
    for _ in 0..2 {
        post_form(&emulator.token_endpoint(), &[], &body);
    }
    poll(&emulator, &json!({"device_code": "x"}));
    post_form(&emulator.token_endpoint(), &[], "grant_type=client_credentials");
    post_form(&emulator.token_endpoint(), &[], "grant_type=password");
    post_json(&emulator.token_endpoint(), &[], &json!([]));
    let counters = get(&format!("{}/_emulator/counters", emulator.console_url()), &[]).json();
    let token_requests = json!({"all": 6, "client_credentials": 1, "device_code": 1, "refresh_token": 2});
    assert_eq!(counters["token_requests"], token_requests);
    assert_eq!(counters["reuse_events"], 1);
    assert!(counters["connections"].as_u64().unwrap() >= 7);
    assert_eq!((emulator.token_requests(), emulator.token_requests_of("password")), (6, 0));
}
