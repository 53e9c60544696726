//! The main job: from each credential, in each form and under each header name, to an answer of the protected API.
#![expect(clippy::unwrap_used, reason = "in a test, a step that fails ends the test")]

use beamlit_auth::{ApiKey, ClientCredentials, Config, ErrorKind, Session};
use beamlit_emulator::{Dialect, Emulator, RecordedRequest};

fn list_models(session: &Session) -> (u16, String) {
    let url = format!("{}/models", session.api_url());
    let mut request = ureq::get(&url).config().http_status_as_error(false).build();
    for (name, value) in &session.headers(&url).unwrap() {
        request = request.header(name, value);
    }
    let mut answer = request.call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

fn open(emulator: &Emulator, config: Config) -> Session {
    Session::open(config.api_url(emulator.api_url()).workspace("acme")).unwrap()
}

fn token_request(emulator: &Emulator) -> RecordedRequest {
    emulator.requests().into_iter().find(|request| request.path.ends_with("/oauth/token")).unwrap()
}

#[test]
fn a_service_account_lists_models_in_header_form_and_in_body_form() {
    for (method, in_header) in [("client_secret_basic", true), ("client_secret_post", false)] {
        let emulator = Emulator::start().unwrap();
        let (client_id, client_secret) = emulator.client_credentials("acme");
        let client =
            ClientCredentials::new(client_id.clone(), client_secret).token_endpoint_auth_method(method);
        for header in [None, Some("Authorization"), Some("X-Beamlit-Authorization")] {
            let config = Config::from(client.clone());
            let session = open(&emulator, header.map_or(config.clone(), |name| config.header(name)));
            let (status, body) = list_models(&session);
            assert_eq!(status, 200, "{method} {header:?} {body}");
        }
        let request = token_request(&emulator);
        assert_eq!(request.header("authorization").is_some(), in_header);
        assert_eq!(request.text().contains("client_secret"), !in_header);
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("accept"), Some("application/json"));
        assert!(request.query.is_none());
    }
}

#[test]
fn an_api_key_lists_models_under_every_name() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.api_key("acme");
    for name in [
        None,
        Some("Authorization"),
        Some("X-Beamlit-Authorization"),
        Some("Api-Key"),
        Some("X-Beamlit-Api-Key"),
    ] {
        let config = Config::from(ApiKey::new(key.clone()));
        let session = open(&emulator, name.map_or(config.clone(), |name| config.header(name)));
        assert_eq!(list_models(&session).0, 200, "{name:?}");
        let request = emulator.requests().pop().unwrap();
        let credentials = ["authorization", "x-beamlit-authorization", "api-key", "x-beamlit-api-key"];
        let sent = credentials.iter().filter(|name| request.header(name).is_some()).count();
        assert_eq!(sent, 1, "one credential, one header");
        assert_eq!(request.header("x-beamlit-workspace"), Some("acme"));
    }
}

#[test]
fn blaxel_is_the_same_wire_under_other_names() {
    let emulator = Emulator::start().unwrap();
    let session = open(&emulator, Config::from(ApiKey::new(emulator.api_key("acme"))).platform("blaxel"));
    assert_eq!(list_models(&session).0, 200);
    let request = emulator.requests().pop().unwrap();
    assert!(
        request.header("authorization").is_some() && request.header("x-blaxel-workspace") == Some("acme")
    );
}

#[test]
fn an_issuer_is_discovered_once_and_spoken_to_by_the_rfc() {
    let emulator = Emulator::builder().dialect(Dialect::Strict).start().unwrap();
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let client = ClientCredentials::new(client_id, client_secret);
    let config = Config::from(client).platform(emulator.api_url().as_str());
    let session = open(&emulator, config);
    assert_eq!(list_models(&session).0, 200);
    assert!(session.invalidate(session.token().unwrap().generation()));
    assert_eq!(list_models(&session).0, 200);
    let metadata = emulator.requests().iter().filter(|request| request.path.contains("well-known")).count();
    assert_eq!((metadata, emulator.token_requests()), (1, 2));
    assert_eq!(token_request(&emulator).header("content-type"), Some("application/x-www-form-urlencoded"));
}

#[test]
fn a_wrong_secret_is_an_invalid_client_in_both_dialects() {
    for dialect in [Dialect::Platform, Dialect::Strict] {
        let emulator = Emulator::builder().dialect(dialect).start().unwrap();
        let (client_id, _) = emulator.client_credentials("acme");
        let client = ClientCredentials::new(client_id, "cs_EMULATORCANARY");
        let config = Config::from(client);
        let config =
            if dialect == Dialect::Strict { config.platform(emulator.api_url().as_str()) } else { config };
        let error = open(&emulator, config).token().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidClient, "{error}");
        assert_eq!(error.oauth_error(), Some("invalid_client"));
        assert!(!format!("{error:?}{error}").contains("CANARY"));
    }
}

#[test]
fn a_base_url_with_slashes_at_its_end_is_the_same_place() {
    let emulator = Emulator::start().unwrap();
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let config = Config::from(ClientCredentials::new(client_id, client_secret))
        .api_url(format!("{}//", emulator.api_url()));
    let session = Session::open(config).unwrap();
    assert_eq!(session.api_url(), emulator.api_url());
    assert_eq!(list_models(&session).0, 200);
}
