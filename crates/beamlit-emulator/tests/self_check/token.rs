use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use beamlit_emulator::{Dialect, Emulator};
use serde_json::{Value, json};

use crate::{Answer, get, post_form, post_json};

const FORM: &str = "grant_type=client_credentials";

fn strict() -> Emulator {
    Emulator::builder().dialect(Dialect::Strict).start().unwrap()
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// Each octet as `%XX`: legal for any text, and unlike the raw one.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}

fn posted_form(emulator: &Emulator) -> (String, String) {
    let (id, secret) = emulator.client_credentials("acme");
    let body = format!("{FORM}&client_id={id}&client_secret={secret}");
    (emulator.token_endpoint(), body)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn access_token(answer: &Answer) -> String {
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn each_way_of_client_authentication_gets_a_token_from_the_platform() {
    let emulator = Emulator::start().unwrap();
    let url = emulator.token_endpoint();
    let (id, secret) = emulator.client_credentials("acme");
    let raw = basic(&id, &secret);
    let encoded = basic(&percent_encoded(&id), &percent_encoded(&secret));
    let in_body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
    let answers = [
        post_json(&url, &[("authorization", &raw)], &json!({"grant_type": "client_credentials"})),
        post_json(&url, &[("authorization", &encoded)], &json!({"grant_type": "client_credentials"})),
        post_json(&url, &[], &in_body),
        post_json(&url, &[("authorization", "Bearer ")], &in_body),
        post_json(&url, &[("authorization", &raw)], &in_body),
        post_form(&url, &[("authorization", &raw)], FORM),
        post_form(&url, &[("authorization", &encoded)], FORM),
        post_form(&url, &[], &format!("{FORM}&client_id={id}&client_secret={secret}")),
        post_form(&format!("{}//oauth/token", emulator.api_url()), &[("authorization", &raw)], FORM),
    ];
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["access_token", "expires_in", "refresh_token", "token_type"]);
        assert_eq!(answer.json()["expires_in"], 7200);
        assert_eq!(answer.json()["token_type"], "Bearer");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(emulator.token_requests(), answers.len() as u64);
}

#[test]
fn rfc6749_2_3_1_strict_takes_form_encoded_basic_and_the_body() {
    let emulator = strict();
    let url = emulator.token_endpoint();
    let (id, secret) = emulator.client_credentials("acme");
    let encoded = basic(&percent_encoded(&id), &percent_encoded(&secret));
    for answer in [
        post_form(&url, &[("authorization", &encoded)], FORM),
        post_form(&url, &[("authorization", &encoded)], &format!("{FORM}&client_id={id}")),
        post_form(&url, &[], &format!("{FORM}&client_id={id}&client_secret={secret}")),
    ] {
        assert_eq!(answer.status, 200, "{answer:?}");
        let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
        // RFC 6749 §4.4.3: a refresh token should not be included.
        assert_eq!(members, ["access_token", "expires_in", "token_type"]);
    }
}

#[test]
fn rfc6749_5_2_strict_refuses_by_the_letter() {
    let emulator = strict();
    let url = emulator.token_endpoint();
    let (id, secret) = emulator.client_credentials("acme");
    let good = basic(&id, &secret);
    let bad = basic(&id, "cs_CANARY");
    let whole = format!("{FORM}&client_id={id}&client_secret={secret}");
    let expectations = [
        (post_form(&url, &[("authorization", &good)], &whole), 400, "invalid_request"),
        (post_form(&url, &[], &format!("{whole}&scope=a&scope=b")), 400, "invalid_request"),
        (post_json(&url, &[("authorization", &good)], &json!({"grant_type": "x"})), 400, "invalid_request"),
        (post_form(&url, &[("authorization", &good)], "client_id=x"), 400, "invalid_request"),
        (post_form(&url, &[("authorization", &good)], "grant_type=password"), 400, "unsupported_grant_type"),
        (post_form(&url, &[("authorization", &good)], &format!("{FORM}&scope=a%22b")), 400, "invalid_scope"),
        (post_form(&url, &[("authorization", &bad)], FORM), 401, "invalid_client"),
        (post_form(&url, &[("authorization", "Bearer x")], FORM), 401, "invalid_client"),
        (post_form(&url, &[], &format!("{FORM}&client_id={id}&client_secret=")), 401, "invalid_client"),
        (post_form(&url, &[], FORM), 401, "invalid_client"),
    ];
    for (answer, status, error) in expectations {
        assert_eq!((answer.status, answer.json()["error"].as_str().unwrap()), (status, error), "{answer:?}");
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(!String::from_utf8_lossy(&answer.body).contains("CANARY"));
    }
}

#[test]
fn the_platform_answers_400_and_names_the_parameter() {
    let emulator = Emulator::start().unwrap();
    let url = emulator.token_endpoint();
    let (id, _) = emulator.client_credentials("acme");
    let with =
        |secret: Value| json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
    let expectations = [
        (post_json(&url, &[], &with("cs_CANARY".into())), "invalid_client", "client_secret"),
        (post_json(&url, &[], &with(Value::Null)), "invalid_client", "client_secret"),
        (post_json(&url, &[], &with("".into())), "invalid_client", "client_secret"),
        (post_json(&url, &[], &with(7.into())), "invalid_request", "strings"),
        (post_json(&url, &[], &json!({"client_id": id})), "invalid_request", "grant_type"),
        (post_json(&url, &[], &json!({"grant_type": "password"})), "unsupported_grant_type", "grant_type"),
        (post_json(&url, &[], &json!(["grant_type"])), "invalid_request", "object"),
        (
            post_json(
                &url,
                &[("authorization", &basic(&id, "x"))],
                &json!({"grant_type": "client_credentials"}),
            ),
            "invalid_client",
            "client_secret",
        ),
    ];
    for (answer, error, named) in expectations {
        assert_eq!((answer.status, answer.json()["error"].as_str().unwrap()), (400, error), "{answer:?}");
        assert!(answer.json()["error_description"].as_str().unwrap().contains(named), "{answer:?}");
        assert_eq!(answer.json()["code"], 400);
        assert!(answer.header("www-authenticate").is_none());
    }
    assert_eq!(get(&url, &[]).status, 405);
}

#[test]
fn rfc6749_3_3_the_scope_asked_for_is_the_scope_granted() {
    let emulator = strict();
    let (url, body) = posted_form(&emulator);
    let answer = post_form(&url, &[], &format!("{body}&scope=models:list+admin"));
    assert_eq!(answer.json()["scope"], "models:list admin");
    assert_eq!(part(&access_token(&answer), 1)["scope"], "models:list admin");
}

#[test]
fn access_tokens_are_json_web_tokens_that_bear_the_mark() {
    let emulator = Emulator::start().unwrap();
    let (url, body) = posted_form(&emulator);
    let token = access_token(&post_form(&url, &[], &body));
    assert_eq!(part(&token, 0), json!({"alg": "HS256", "kid": "emulator", "typ": "JWT"}));
    let claims = part(&token, 1);
    assert_eq!(claims["workspace"], "acme");
    assert_eq!(claims["iss"], emulator.api_url());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 7200);
    assert!(claims["sub"].as_str().unwrap().starts_with("sa_EMULATOR"));
    assert_ne!(token, access_token(&post_form(&url, &[], &body)), "no token is issued twice");
}

#[test]
fn every_other_credential_bears_the_mark_after_its_prefix() {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| settings.opaque_tokens = true);
    let key = emulator.api_key("acme");
    assert!(key.starts_with("BL_EMULATOR") && key.len() == 35, "BL_ and 32 more");
    assert!(key[3..].bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));
    let (id, secret) = emulator.client_credentials("acme");
    assert!(id.starts_with("sa_EMULATOR") && secret.starts_with("cs_EMULATOR"));
    let (url, body) = posted_form(&emulator);
    let answer = post_form(&url, &[], &body);
    assert!(access_token(&answer).starts_with("at_EMULATOR"));
    assert!(answer.json()["refresh_token"].as_str().unwrap().starts_with("rt_EMULATOR"));
    let models = get(
        &format!("{}/models", emulator.api_url()),
        &[("authorization", &format!("Bearer {}", access_token(&answer)))],
    );
    assert_eq!(models.status, 200);
}

#[test]
fn a_token_is_refused_when_its_life_is_over() {
    let emulator = Emulator::start().unwrap();
    let (url, body) = posted_form(&emulator);
    let models = format!("{}/models", emulator.api_url());
    let status = |token: &str| get(&models, &[("authorization", &format!("Bearer {token}"))]).status;
    let long = access_token(&post_form(&url, &[], &body));
    emulator.set_token_lifetime(60);
    let answer = post_form(&url, &[], &body);
    assert_eq!(answer.json()["expires_in"], 60);
    let short = access_token(&answer);
    emulator.advance(61);
    assert_eq!((status(&long), status(&short)), (200, 401));
    emulator.advance(7200);
    assert_eq!(status(&long), 401);
    emulator.advance(-7200);
    assert_eq!(status(&long), 200);
}

#[test]
fn settings_change_the_members_of_the_answer() {
    let emulator = Emulator::start().unwrap();
    let (url, body) = posted_form(&emulator);
    emulator.configure(|settings| {
        settings.extra.insert("token_type".to_owned(), "mac".into());
        settings.extra.insert("colour".to_owned(), json!({"deep": [1]}));
        settings.omit.push("expires_in".to_owned());
        settings.refresh_token = Some(false);
    });
    let answer = post_form(&url, &[], &body).json();
    let members: Vec<String> = answer.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["access_token", "colour", "token_type"]);
    assert_eq!(answer["token_type"], "mac");
}

#[test]
fn rfc8414_3_metadata_names_its_issuer_and_only_what_exists() {
    let expectations = [
        (Dialect::Platform, "/v0/login/device", None),
        (Dialect::Strict, "/v0/oauth/device_authorization", Some("/v0/oauth/revoke")),
    ];
    for (dialect, device, revocation) in expectations {
        let emulator = Emulator::builder().dialect(dialect).start().unwrap();
        let (_, body) = posted_form(&emulator);
        let (api, origin) = (emulator.api_url(), emulator.console_url());
        for (url, issuer) in [
            (format!("{api}/.well-known/openid-configuration"), &api),
            (format!("{origin}/.well-known/oauth-authorization-server/v0"), &api),
            (format!("{origin}/.well-known/openid-configuration"), &origin),
            (format!("{origin}/.well-known/oauth-authorization-server"), &origin),
        ] {
            let metadata = get(&url, &[]).json();
            assert_eq!(metadata["issuer"], **issuer, "{url}");
            let grants =
                ["client_credentials", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"];
            assert_eq!(metadata["grant_types_supported"], json!(grants));
            assert_eq!(metadata["device_authorization_endpoint"], format!("{origin}{device}"));
            let revocation = revocation.map(|path| Value::from(format!("{origin}{path}")));
            assert_eq!(metadata.get("revocation_endpoint"), revocation.as_ref());
            let endpoints =
                metadata.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint"));
            for (name, endpoint) in endpoints {
                let answer = post_form(endpoint.as_str().unwrap(), &[], &format!("{body}&token=x"));
                assert_eq!(answer.status, 200, "{name}");
            }
        }
    }
}

#[test]
fn a_revocation_endpoint_is_named_where_it_is_switched_on() {
    let emulator = Emulator::start().unwrap();
    let metadata = || get(&format!("{}/.well-known/openid-configuration", emulator.api_url()), &[]).json();
    assert!(metadata().get("revocation_endpoint").is_none());
    emulator.configure(|settings| settings.revocation = Some(true));
    assert!(metadata()["revocation_endpoint"].as_str().unwrap().ends_with("/v0/oauth/revoke"));
}
