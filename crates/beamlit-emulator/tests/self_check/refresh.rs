use beamlit_emulator::{Dialect, Emulator, Fault, Login, RefreshAnswer, Rotation};
use serde_json::{Value, json};

use crate::{Answer, agent, form, models, post_form, post_json, refused, send};

fn strict() -> Emulator {
    Emulator::builder().dialect(Dialect::Strict).start().unwrap()
}

/// A platform whose refresh tokens rotate in this way.
fn rotating(rotation: Rotation) -> Emulator {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| settings.rotation = Some(rotation));
    emulator
}

fn renew(emulator: &Emulator, refresh_token: &str) -> Answer {
    let body = json!({"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": "beamlit"});
    post_json(&emulator.token_endpoint(), &[], &body)
}

/// The refresh token of an answer that has one.
fn next(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["refresh_token"].as_str().unwrap().to_owned()
}

fn access_token(answer: &Answer) -> String {
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

#[test]
fn the_platform_renews_whatever_its_clients_send() {
    let emulator = Emulator::start().unwrap();
    let login = emulator.login("acme");
    let token = &login.refresh_token;
    let url = emulator.token_endpoint();
    let whole = json!({"grant_type": "refresh_token", "refresh_token": token, "device_code": login.device_code,
        "client_id": "beamlit"});
    let without_client = json!({"grant_type": "refresh_token", "refresh_token": token});
    let answers = [
        post_json(&url, &[], &whole),
        post_json(&url, &[], &without_client),
        post_form(&url, &[], &form(&[("grant_type", "refresh_token"), ("refresh_token", token)])),
    ];
    for answer in &answers {
        assert_eq!(next(answer), *token, "it stays good");
        let answer = answer.json();
        let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(members, ["access_token", "expires_in", "refresh_token", "token_type"]);
        assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(7200), &json!("Bearer")));
        assert_eq!(models(&emulator, answer["access_token"].as_str().unwrap()), 200);
    }
    assert_eq!((emulator.token_requests_of("refresh_token"), emulator.reuse_events()), (3, 0));
}

#[test]
fn the_old_command_line_renews_a_service_accounts_token_under_its_own_name() {
    let emulator = Emulator::start().unwrap();
    let (id, secret) = emulator.client_credentials("globex");
    let body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
    let first = next(&post_json(&emulator.token_endpoint(), &[], &body));
    let body = json!({"grant_type": "refresh_token", "refresh_token": first, "device_code": "",
        "client_id": "beamlit"});
    let answer = post_json(&emulator.token_endpoint(), &[], &body);
    let bearer = format!("Bearer {}", access_token(&answer));
    let workspaces =
        crate::get(&format!("{}/workspaces", emulator.api_url()), &[("authorization", &bearer)]).json();
    assert_eq!((workspaces.as_array().unwrap().len(), &workspaces[0]["name"]), (1, &json!("globex")));

    let key = emulator.api_key("globex");
    let account = format!("{}/service_accounts/{id}", emulator.api_url());
    assert_eq!(send(&agent(), "DELETE", &account, &[("Api-Key", &key)], "").unwrap().status, 200);
    assert_eq!(refused(&renew(&emulator, &first)), invalid_grant(), "it goes with its account");
}

#[test]
fn without_rotation_the_answer_omits_repeats_or_adds_the_refresh_token() {
    let emulator = Emulator::start().unwrap();
    let first = emulator.login("acme").refresh_token;
    emulator.configure(|settings| settings.refresh_answer = RefreshAnswer::Omitted);
    assert!(renew(&emulator, &first).json().get("refresh_token").is_none());
    emulator.configure(|settings| settings.refresh_answer = RefreshAnswer::New);
    let second = next(&renew(&emulator, &first));
    let third = next(&renew(&emulator, &first));
    assert!(first != second && second != third);
    for token in [&first, &second, &third] {
        assert_eq!(renew(&emulator, token).status, 200, "all stay good");
    }
    assert_eq!(emulator.reuse_events(), 0);
}

#[test]
fn strict_rotation_refuses_a_spent_token_and_the_login_lives_on() {
    let emulator = rotating(Rotation::Strict);
    let first = emulator.login("acme").refresh_token;
    let answer = renew(&emulator, &first);
    let second = next(&answer);
    assert_ne!(first, second);
    assert_eq!(refused(&renew(&emulator, &first)), invalid_grant());
    assert_eq!(emulator.reuse_events(), 1);
    assert_eq!(models(&emulator, &access_token(&answer)), 200);
    assert_eq!(renew(&emulator, &second).status, 200);
    assert_eq!(emulator.reuse_events(), 1);
}

#[test]
fn rfc9700_4_14_2_a_reuse_ends_the_whole_login_and_no_other() {
    let emulator = rotating(Rotation::Revoke);
    let (login, other) = (emulator.login("acme"), emulator.login("acme"));
    let answer = renew(&emulator, &login.refresh_token);
    let second = next(&answer);
    assert_eq!(models(&emulator, &login.access_token), 200, "a renewal ends no access token");
    assert_eq!(refused(&renew(&emulator, &login.refresh_token)), invalid_grant());
    assert_eq!(emulator.reuse_events(), 1);
    for token in [&login.access_token, &access_token(&answer)] {
        assert_eq!(models(&emulator, token), 401);
    }
    assert_eq!(refused(&renew(&emulator, &second)), invalid_grant());
    assert_eq!(emulator.reuse_events(), 1, "the token of a login that ended is merely unknown");
    assert_eq!(models(&emulator, &other.access_token), 200);
    assert_eq!(renew(&emulator, &other.refresh_token).status, 200);
}

#[test]
fn within_the_grace_period_a_replay_gets_the_same_successor() {
    let emulator = rotating(Rotation::Grace { seconds: 30 });
    let login = emulator.login("acme");
    let second = next(&renew(&emulator, &login.refresh_token));
    emulator.advance(29);
    let replayed = renew(&emulator, &login.refresh_token);
    assert_eq!(next(&replayed), second);
    assert_eq!(models(&emulator, &access_token(&replayed)), 200);
    emulator.advance(2);
    assert_eq!(emulator.reuse_events(), 0);
    assert_eq!(refused(&renew(&emulator, &login.refresh_token)), invalid_grant(), "counted from the first");
    assert_eq!(emulator.reuse_events(), 1);
    assert_eq!(refused(&renew(&emulator, &second)), invalid_grant(), "late is a reuse");
    assert_eq!(models(&emulator, &access_token(&replayed)), 401);
}

#[test]
fn the_grace_period_is_over_when_the_successor_is_spent() {
    let emulator = rotating(Rotation::Grace { seconds: 30 });
    let first = emulator.login("acme").refresh_token;
    let second = next(&renew(&emulator, &first));
    let third = next(&renew(&emulator, &second));
    assert_eq!(next(&renew(&emulator, &second)), third);
    assert_eq!(refused(&renew(&emulator, &first)), invalid_grant());
    assert_eq!(emulator.reuse_events(), 1);
}

#[test]
fn the_strict_dialect_rotates_and_binds_tokens_to_their_client() {
    let emulator = strict();
    let login = emulator.login_as("cli", "acme");
    let send = |token: &str, members: &[(&str, &str)]| {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", token)];
        post_form(&emulator.token_endpoint(), &[], &form(&[&grant, members].concat()))
    };
    let first = login.refresh_token.as_str();
    assert_eq!(refused(&send(first, &[])), (401, "invalid_client".to_owned()));
    assert_eq!(refused(&send(first, &[("client_id", "another")])), invalid_grant());
    let wider = send(first, &[("client_id", "cli"), ("scope", "offline_access admin")]);
    assert_eq!(refused(&wider), (400, "invalid_scope".to_owned()));
    let answer = send(first, &[("client_id", "cli"), ("scope", "offline_access")]);
    let second = next(&answer);
    assert_eq!(answer.json()["scope"], "offline_access");
    assert_ne!(first, second);
    assert_eq!(emulator.reuse_events(), 0, "what was refused has spent nothing");
    assert_eq!(refused(&send(first, &[("client_id", "cli")])), invalid_grant());
    assert_eq!(refused(&send(&second, &[("client_id", "cli")])), invalid_grant());
    assert_eq!(emulator.reuse_events(), 1);
    let json = json!({"grant_type": "refresh_token", "refresh_token": second, "client_id": "cli"});
    let answer = post_json(&emulator.token_endpoint(), &[], &json);
    assert_eq!(refused(&answer), (400, "invalid_request".to_owned()));
}

#[test]
fn rfc6749_6_a_client_with_a_secret_authenticates_to_renew() {
    let emulator = strict();
    emulator.configure(|settings| settings.refresh_token = Some(true));
    let (id, secret) = emulator.client_credentials("acme");
    let client = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
    let body = form(&[&[("grant_type", "client_credentials")], &client[..]].concat());
    let token = next(&post_form(&emulator.token_endpoint(), &[], &body));
    let grant = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let without_secret = form(&[&grant, &client[..1]].concat());
    let answer = post_form(&emulator.token_endpoint(), &[], &without_secret);
    assert_eq!(refused(&answer), (401, "invalid_client".to_owned()));
    let answer = post_form(&emulator.token_endpoint(), &[], &form(&[&grant, &client[..]].concat()));
    assert_eq!(answer.status, 200);
}

#[test]
fn lives_are_short_where_it_is_told_so_and_end_as_the_clock_moves() {
    let emulator = rotating(Rotation::Strict);
    emulator.configure(|settings| {
        settings.token_lifetime_s = 30;
        settings.refresh_token_lifetime_s = Some(100);
    });
    let login = emulator.login("acme");
    emulator.advance(31);
    assert_eq!(models(&emulator, &login.access_token), 401);
    let answer = renew(&emulator, &login.refresh_token);
    assert_eq!(models(&emulator, &access_token(&answer)), 200);
    emulator.advance(99);
    let second = next(&renew(&emulator, &next(&answer)));
    emulator.advance(101);
    assert_eq!(refused(&renew(&emulator, &second)), invalid_grant(), "100 s from its issue");
    assert_eq!(emulator.reuse_events(), 0);
    assert_eq!(refused(&renew(&emulator, "rt_CANARY")), invalid_grant());
    let nothing = json!({"grant_type": "refresh_token", "refresh_token": ""});
    let answer = post_json(&emulator.token_endpoint(), &[], &nothing);
    assert_eq!(refused(&answer), (400, "invalid_request".to_owned()));
}

/// What a client gets that gives up after a moment.
fn renewed_in_vain(emulator: &Emulator, login: &Login) -> Result<Answer, ureq::Error> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(std::time::Duration::from_millis(300)))
        .build()
        .new_agent();
    let body = json!({"grant_type": "refresh_token", "refresh_token": login.refresh_token});
    let headers = [("content-type", "application/json")];
    send(&agent, "POST", &emulator.token_endpoint(), &headers, &body.to_string())
}

#[test]
fn a_fault_before_the_exchange_spends_nothing_and_one_after_it_has_spent_the_token() {
    let at_token = || Fault::new("/oauth/token").times(1);
    let faults = [at_token().hang(), at_token().drop(), at_token().status(504)];
    for fault in faults {
        for (fault, spent) in [(fault.clone(), false), (fault.after(), true)] {
            let emulator = rotating(Rotation::Strict);
            let login = emulator.login("acme");
            emulator.fault(fault.clone());
            let answer = renewed_in_vain(&emulator, &login);
            assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 504), "{fault:?}");
            let (status, error) = refused(&renew(&emulator, &login.refresh_token));
            assert_eq!((status == 400, error == "invalid_grant"), (spent, spent), "{fault:?}");
            assert_eq!(emulator.reuse_events(), u64::from(spent));
            assert_eq!(emulator.token_requests_of("refresh_token"), 2);
        }
    }
}

#[test]
fn what_was_committed_and_lost_is_had_again_within_the_grace_period() {
    let emulator = rotating(Rotation::Grace { seconds: 30 });
    let login = emulator.login("acme");
    emulator.fault(Fault::new("/oauth/token").hang().after().times(1));
    assert!(renewed_in_vain(&emulator, &login).is_err());
    let second = next(&renew(&emulator, &login.refresh_token));
    assert_eq!(renew(&emulator, &second).status, 200);
    assert_eq!(emulator.reuse_events(), 0);
}

#[test]
fn rotation_is_text_in_json() {
    let emulator = Emulator::start().unwrap();
    let url = format!("{}/_emulator/settings", emulator.console_url());
    for text in ["none", "grace:30", "strict", "revoke"] {
        let settings = post_json(&url, &[], &json!({"rotation": text})).json();
        assert_eq!(settings["rotation"], text);
    }
    for bad in [json!("grace"), json!("grace:"), json!("grace:-1"), json!("loose"), json!(3)] {
        let answer = post_json(&url, &[], &json!({"rotation": bad}));
        assert_eq!(answer.status, 400, "{bad}");
    }
    assert_eq!(post_json(&url, &[], &json!({"rotation": null})).json()["rotation"], Value::Null);
}

#[test]
fn a_service_account_may_fetch_tokens_without_end_and_no_login_is_lost() {
    let emulator = Emulator::start().unwrap();
    let login = emulator.login("acme");
    let (id, secret) = emulator.client_credentials("acme");
    let body =
        json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret}).to_string();
    let (agent, headers) = (agent(), [("content-type", "application/json")]);
    let fetch = || next(&send(&agent, "POST", &emulator.token_endpoint(), &headers, &body).unwrap());
    let oldest = fetch();
    let newest = (1..10_000).fold(fetch(), |_, _| fetch());
    assert_eq!(refused(&renew(&emulator, &oldest)), invalid_grant(), "only the last 10,000 are kept");
    assert_eq!(renew(&emulator, &newest).status, 200);
    assert_eq!(renew(&emulator, &login.refresh_token).status, 200);
}
