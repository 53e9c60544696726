use beamlit_emulator::{Dialect, Emulator, Pending};
use serde_json::{Value, json};

use crate::{Answer, agent, form, models, post_form, post_json, refused, send};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A device with its login under way.
struct Device<'a> {
    emulator: &'a Emulator,
    answer: Value,
}

impl<'a> Device<'a> {
    fn start(emulator: &'a Emulator, members: &[(&str, &str)]) -> Self {
        let url = format!("{}/login/device", emulator.api_url());
        let answer = post_form(&url, &[], &form(&[&[("client_id", "beamlit")], members].concat()));
        assert_eq!(answer.status, 200, "{answer:?}");
        Self { emulator, answer: answer.json() }
    }

    fn code(&self) -> &str {
        self.answer["user_code"].as_str().unwrap()
    }

    fn poll_as(&self, client_id: &str) -> Answer {
        let device_code = self.answer["device_code"].as_str().unwrap();
        let members = [("grant_type", GRANT), ("device_code", device_code), ("client_id", client_id)];
        post_form(&self.emulator.token_endpoint(), &[], &form(&members))
    }

    fn poll(&self) -> Answer {
        self.poll_as("beamlit")
    }
}

fn strict() -> Emulator {
    Emulator::builder().dialect(Dialect::Strict).start().unwrap()
}

fn members(answer: &Answer) -> Vec<String> {
    answer.json().as_object().unwrap().keys().cloned().collect()
}

fn error(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[test]
fn the_platform_takes_json_and_forms_from_any_client() {
    let emulator = Emulator::start().unwrap();
    let url = format!("{}/login/device", emulator.api_url());
    let answers = [
        post_json(&url, &[], &json!({"client_id": "beamlit", "scope": "offline_access"})),
        post_json(&url, &[], &json!({"client_id": "blaxel", "scope": "", "workspace": "globex"})),
        post_json(&format!("{}//login/device", emulator.api_url()), &[], &json!({"client_id": "any"})),
        post_form(&url, &[], "client_id=beamlit&scope=offline_access"),
    ];
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        let expected = [
            "device_code",
            "expires_in",
            "interval",
            "user_code",
            "verification_uri",
            "verification_uri_complete",
        ];
        assert_eq!(members(answer), expected);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let answer = answer.json();
        assert_eq!((&answer["expires_in"], &answer["interval"]), (&json!(600), &json!(5)));
        assert!(answer["device_code"].as_str().unwrap().starts_with("dc_EMULATOR"));
        let code = answer["user_code"].as_str().unwrap();
        let letters =
            |part: &str| part.len() == 4 && part.bytes().all(|byte| b"BCDFGHJKLMNPQRSTVWXZ".contains(&byte));
        assert!(code.split_once('-').is_some_and(|(left, right)| letters(left) && letters(right)), "{code}");
        assert_eq!(answer["verification_uri"], format!("{}/device", emulator.console_url()));
        let complete = format!("{}/device?code={code}", emulator.console_url());
        assert_eq!(answer["verification_uri_complete"], complete);
    }
    let pending = emulator.pending_logins();
    let clients: Vec<&str> = pending.iter().map(|login| login.client_id.as_str()).collect();
    assert_eq!(clients, ["beamlit", "blaxel", "any", "beamlit"]);
    assert_eq!((pending[1].workspace.as_deref(), pending[1].scope.as_deref()), (Some("globex"), None));
    assert_eq!(
        (pending[0].workspace.as_deref(), pending[0].scope.as_deref()),
        (None, Some("offline_access"))
    );
}

#[test]
fn a_bad_request_of_a_device_is_told() {
    for dialect in [Dialect::Platform, Dialect::Strict] {
        let emulator = Emulator::builder().dialect(dialect).start().unwrap();
        let url = format!("{}/oauth/device_authorization", emulator.api_url());
        for (body, expected) in [
            ("scope=a", "invalid_request"),
            ("client_id=", "invalid_request"),
            ("client_id=beamlit&scope=a%22b", "invalid_scope"),
        ] {
            let answer = post_form(&url, &[], body);
            assert_eq!(refused(&answer), error(400, expected), "{body}");
        }
        assert!(emulator.pending_logins().is_empty());
    }
    let emulator = strict();
    let answer = post_json(&format!("{}/login/device", emulator.api_url()), &[], &json!({"client_id": "x"}));
    assert_eq!(refused(&answer), error(400, "invalid_request"), "RFC 8628 §3.1 wants a form");
}

#[test]
fn the_platform_says_202_until_the_user_approves_and_four_members_then() {
    let emulator = Emulator::start().unwrap();
    let device = Device::start(&emulator, &[("workspace", "globex"), ("scope", "offline_access")]);
    for _ in 0..4 {
        // The platform's own client polls every 3 s, whatever `interval` says, and takes a slow_down for the end.
        let answer = device.poll();
        assert_eq!(refused(&answer), error(202, "authorization_pending"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        emulator.advance(3);
    }
    assert!(emulator.approve(device.code()));
    let answer = device.poll_as("another");
    assert_eq!(answer.status, 200);
    assert_eq!(members(&answer), ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert!(answer.json()["refresh_token"].as_str().unwrap().starts_with("rt_EMULATOR"));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let url = format!("{}/models", emulator.api_url());
    let models = crate::get(&url, &[("authorization", &format!("Bearer {token}"))]);
    assert_eq!(models.json()[0]["metadata"]["workspace"], "globex");
    assert_eq!(emulator.workspaces(), ["acme", "globex"], "any name is a workspace");
    assert_eq!(emulator.token_requests_of("device_code"), 5);
    assert_eq!(emulator.token_requests_of(GRANT), 5);
}

#[test]
fn pending_can_be_said_in_either_way_in_either_dialect() {
    for dialect in [Dialect::Platform, Dialect::Strict] {
        let emulator = Emulator::builder().dialect(dialect).start().unwrap();
        for (pending, status) in [(Pending::Accepted, 202), (Pending::Error, 400)] {
            emulator.configure(|settings| settings.pending = Some(pending));
            let device = Device::start(&emulator, &[]);
            assert_eq!(refused(&device.poll()), error(status, "authorization_pending"));
        }
    }
}

#[test]
fn rfc8628_3_5_a_poll_before_its_time_makes_the_interval_five_seconds_longer_for_good() {
    let emulator = strict();
    let device = Device::start(&emulator, &[]);
    let pending = error(400, "authorization_pending");
    let too_fast = error(400, "slow_down");
    assert_eq!(refused(&device.poll()), pending, "the first may come at once");
    emulator.advance(6);
    assert_eq!(refused(&device.poll()), pending);
    emulator.advance(3);
    assert_eq!(refused(&device.poll()), too_fast);
    emulator.advance(6);
    assert_eq!(refused(&device.poll()), too_fast, "10 s now");
    emulator.advance(16);
    assert_eq!(refused(&device.poll()), pending, "15 s now");
    emulator.advance(12);
    assert_eq!(refused(&device.poll()), too_fast, "and for good");
}

#[test]
fn slow_down_is_said_as_often_as_it_is_told() {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| settings.slow_downs = 2);
    let device = Device::start(&emulator, &[]);
    assert!(emulator.approve(device.code()));
    let statuses = [(); 3].map(|()| refused(&device.poll()));
    assert_eq!(statuses, [error(400, "slow_down"), error(400, "slow_down"), error(200, "")]);
}

#[test]
fn the_interval_is_enforced_where_it_is_told_so() {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| {
        settings.enforce_interval = Some(true);
        settings.interval_s = 60;
    });
    let device = Device::start(&emulator, &[]);
    assert_eq!(device.answer["interval"], 60);
    assert_eq!(device.poll().status, 202);
    emulator.advance(30);
    assert_eq!(refused(&device.poll()), error(400, "slow_down"));
}

#[test]
fn rfc8628_3_5_denied_expired_and_unknown_codes_have_their_errors() {
    for dialect in [Dialect::Platform, Dialect::Strict] {
        let emulator = Emulator::builder().dialect(dialect).start().unwrap();
        emulator.configure(|settings| settings.device_code_lifetime_s = 60);
        let (denied, late) = (Device::start(&emulator, &[]), Device::start(&emulator, &[]));
        assert_eq!(late.answer["expires_in"], 60);
        assert!(emulator.deny(denied.code()));
        assert_eq!(refused(&denied.poll()), error(400, "access_denied"));
        assert!(!emulator.approve(denied.code()), "it was decided");
        emulator.advance(61);
        assert_eq!(refused(&late.poll()), error(400, "expired_token"));
        assert!(!emulator.approve(late.code()), "it is over");
        assert!(emulator.pending_logins().is_empty());
        assert!(!emulator.approve("BCDF-GHJK"), "there is none");
        let members = [("grant_type", GRANT), ("device_code", "dc_CANARY"), ("client_id", "beamlit")];
        let answer = post_form(&emulator.token_endpoint(), &[], &form(&members));
        assert_eq!(refused(&answer), error(400, "invalid_grant"));
        assert!(!String::from_utf8_lossy(&answer.body).contains("CANARY"));
        let answer = post_form(&emulator.token_endpoint(), &[], &form(&[members[0], members[2]]));
        assert_eq!(refused(&answer), error(400, "invalid_request"));
    }
}

#[test]
fn a_device_code_is_good_once_and_a_replay_ends_the_login() {
    for dialect in [Dialect::Platform, Dialect::Strict] {
        let emulator = Emulator::builder().dialect(dialect).start().unwrap();
        let device = Device::start(&emulator, &[]);
        assert!(emulator.approve(device.code()));
        let tokens = device.poll().json();
        let access_token = tokens["access_token"].as_str().unwrap();
        assert_eq!(models(&emulator, access_token), 200);
        assert_eq!(refused(&device.poll()), error(400, "invalid_grant"));
        assert_eq!(models(&emulator, access_token), 401);
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let members =
            [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", "beamlit")];
        let answer = post_form(&emulator.token_endpoint(), &[], &form(&members));
        assert_eq!(refused(&answer), error(400, "invalid_grant"));
    }
}

#[test]
fn a_strict_code_is_bound_to_its_client() {
    let emulator = strict();
    let device = Device::start(&emulator, &[("scope", "a b")]);
    assert!(emulator.approve(device.code()));
    assert_eq!(refused(&device.poll_as("another")), error(400, "invalid_grant"));
    assert_eq!(refused(&device.poll_as("")), error(401, "invalid_client"));
    let answer = device.poll();
    assert_eq!(members(&answer), ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!(answer.json()["scope"], "a b");
}

#[test]
fn a_user_code_is_known_however_it_is_written() {
    let emulator = Emulator::start().unwrap();
    for write in [
        |code: &str| code.to_lowercase(),
        |code: &str| code.replace('-', ""),
        |code: &str| format!(" {} ", code.replace('-', " ")),
    ] {
        let device = Device::start(&emulator, &[]);
        assert!(emulator.approve(&write(device.code())));
        assert_eq!(device.poll().status, 200);
    }
}

#[test]
fn members_of_the_device_answer_are_left_out_or_replaced() {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| {
        settings.device_omit.push("verification_uri_complete".to_owned());
        settings.device_extra.insert("interval".to_owned(), Value::Null);
        settings.device_extra.insert("expires_in".to_owned(), "900".into());
        settings.device_extra.insert("colour".to_owned(), "deep".into());
    });
    let answer = Device::start(&emulator, &[]).answer;
    let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(members, ["colour", "device_code", "expires_in", "interval", "user_code", "verification_uri"]);
    assert_eq!((&answer["interval"], &answer["expires_in"]), (&Value::Null, &json!("900")));
    emulator.configure(|settings| settings.device_omit.push("interval".to_owned()));
    assert!(Device::start(&emulator, &[]).answer.get("interval").is_none());
}

#[test]
fn whether_a_login_can_be_renewed_is_told() {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| settings.refresh_token = Some(false));
    let device = Device::start(&emulator, &[]);
    assert!(emulator.approve(device.code()));
    assert_eq!(members(&device.poll()), ["access_token", "expires_in", "token_type"]);
    // What the platform's old command line does after a poll that was still pending.
    let url = format!("{}/workspaces/acme", emulator.api_url());
    assert_eq!(send(&agent(), "GET", &url, &[("X-Beamlit-Workspace", "")], "").unwrap().status, 401);
}
