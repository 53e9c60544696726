use beamlit_emulator::{Dialect, Emulator, Login};
use serde_json::json;

use crate::{Answer, form, models, post_form, post_json, refused};

fn strict() -> Emulator {
    Emulator::builder().dialect(Dialect::Strict).start().unwrap()
}

fn revoke(emulator: &Emulator, members: &[(&str, &str)]) -> Answer {
    post_form(&format!("{}/oauth/revoke", emulator.api_url()), &[], &form(members))
}

fn is_live(emulator: &Emulator, login: &Login) -> bool {
    let members = [
        ("grant_type", "refresh_token"),
        ("refresh_token", login.refresh_token.as_str()),
        ("client_id", login.client_id.as_str()),
    ];
    post_form(&emulator.token_endpoint(), &[], &form(&members)).status == 200
}

#[test]
fn rfc7009_2_1_a_refresh_token_ends_with_its_whole_login() {
    let emulator = strict();
    let (login, other) = (emulator.login("acme"), emulator.login("acme"));
    for hint in ["refresh_token", "access_token", "colour"] {
        let members =
            [("token", login.refresh_token.as_str()), ("client_id", "beamlit"), ("token_type_hint", hint)];
        let answer = revoke(&emulator, &members);
        assert_eq!((answer.status, answer.body.len()), (200, 0), "the second time too");
    }
    assert_eq!((models(&emulator, &login.access_token), models(&emulator, &other.access_token)), (401, 200));
    assert_eq!((is_live(&emulator, &login), is_live(&emulator, &other)), (false, true));
    assert_eq!(emulator.reuse_events(), 0);
}

#[test]
fn rfc7009_2_1_an_access_token_ends_alone() {
    let emulator = strict();
    let login = emulator.login("acme");
    let answer = revoke(&emulator, &[("token", &login.access_token), ("client_id", "beamlit")]);
    assert_eq!(answer.status, 200);
    assert_eq!(models(&emulator, &login.access_token), 401);
    assert!(is_live(&emulator, &login));
}

#[test]
fn rfc7009_2_2_unknown_is_as_good_as_revoked_and_the_rest_is_refused() {
    let emulator = strict();
    let login = emulator.login("acme");
    assert_eq!(revoke(&emulator, &[("token", "rt_CANARY"), ("client_id", "beamlit")]).status, 200);
    let expectations = [
        (revoke(&emulator, &[("client_id", "beamlit")]), 400, "invalid_request"),
        (revoke(&emulator, &[("token", &login.refresh_token)]), 401, "invalid_client"),
        (revoke(&emulator, &[("token", &login.refresh_token), ("client_id", "x")]), 400, "invalid_grant"),
        (revoke(&emulator, &[("token", &login.access_token), ("client_id", "x")]), 400, "invalid_grant"),
    ];
    for (answer, status, error) in expectations {
        assert_eq!(refused(&answer), (status, error.to_owned()));
    }
    assert!(is_live(&emulator, &login));
}

#[test]
fn a_client_with_a_secret_revokes_its_token_with_it() {
    let emulator = strict();
    let (id, secret) = emulator.client_credentials("acme");
    let client = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
    let body = form(&[&[("grant_type", "client_credentials")], &client[..]].concat());
    let token = post_form(&emulator.token_endpoint(), &[], &body).json();
    let token = token["access_token"].as_str().unwrap();
    let unauthenticated = revoke(&emulator, &[("token", token), client[0]]);
    assert_eq!(refused(&unauthenticated), (401, "invalid_client".to_owned()));
    let other = revoke(&emulator, &[("token", token), ("client_id", "beamlit")]);
    assert_eq!(refused(&other), (400, "invalid_grant".to_owned()));
    assert_eq!(models(&emulator, token), 200);
    assert_eq!(revoke(&emulator, &[("token", token), client[0], client[1]]).status, 200);
    assert_eq!(models(&emulator, token), 401);
}

#[test]
fn the_platform_has_no_revocation_unless_it_is_switched_on() {
    let emulator = Emulator::start().unwrap();
    let login = emulator.login("acme");
    assert_eq!(revoke(&emulator, &[("token", &login.refresh_token)]).status, 404);
    emulator.configure(|settings| settings.revocation = Some(true));
    let url = format!("{}/oauth/revoke", emulator.api_url());
    assert_eq!(post_json(&url, &[], &json!({"token": login.refresh_token})).status, 200);
    assert!(!is_live(&emulator, &login));
    let strict = strict();
    strict.configure(|settings| settings.revocation = Some(false));
    assert_eq!(revoke(&strict, &[("token", "x"), ("client_id", "beamlit")]).status, 404);
}
