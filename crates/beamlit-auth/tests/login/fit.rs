//! Whether the stored login is the one that a session asks for.

use beamlit_auth::{ApiKey, ClientCredentials, Config, DeviceLogin, ErrorKind, Login, Reason, Session};
use beamlit_emulator::{Dialect, Emulator};
use serde_json::{Value, json};

use crate::{Home, emulator, log_in};

fn with_scope(config: &Config, scope: &str) -> Config {
    config.clone().credential(DeviceLogin::new().scope(scope).client_id("beamlit"))
}

/// Logs in and asks for that scope.
fn approved(emulator: &Emulator, config: &Config, scope: &str) {
    let login = Login::start(with_scope(config, scope)).unwrap();
    assert!(emulator.approve(login.user_code()));
    login.wait().unwrap();
}

#[test]
fn rfc6749_3_3_a_scope_that_the_login_lacks_wants_another_login_and_is_named() {
    for dialect in [Dialect::Platform, Dialect::Strict] {
        let home = Home::new();
        let emulator = Emulator::builder().dialect(dialect).start().unwrap();
        emulator.configure(|settings| settings.interval_s = 0);
        let mut config = home.config(&emulator);
        if dialect == Dialect::Strict {
            config = config.platform(emulator.api_url().as_str());
        }
        approved(&emulator, &config, "offline_access models:read");
        let open = |scope: &str| Session::open(with_scope(&config, scope));
        for had in ["models:read", "models:read offline_access", "offline_access", ""] {
            assert!(open(had).is_ok(), "{dialect:?}: {had}");
        }
        for lacking in ["models:write", "models:read models:write offline_access"] {
            let error = open(lacking).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LoginRequired);
            assert_eq!(error.reason(), Some(Reason::InsufficientScope), "{dialect:?}: {error}");
            assert!(error.message().contains("the scope models:write;"), "{error}");
            assert!(!with_scope(&config, lacking).explain().is_ok());
        }
        // Who asks for nothing gets what is there, and another login mends it.
        assert!(Session::open(with_scope(&config, "").workspace("acme")).is_ok());
        approved(&emulator, &config, "models:write");
        assert!(open("models:write").is_ok() && open("models:read").is_err());
        let malformed = open("a\"b\n").unwrap_err();
        assert_eq!(malformed.kind(), ErrorKind::InvalidArgument, "{malformed}");
    }
}

#[test]
fn rfc6749_3_3_a_login_that_was_granted_less_than_it_asked_for_is_not_asked_for_again_and_again() {
    let (home, emulator) = (Home::new(), emulator());
    let answer = r#"{"access_token":"at_EMULATOR","token_type":"Bearer","expires_in":3600,"refresh_token":"rt_EMULATOR","scope":"https://a.example/read"}"#;
    let fault = beamlit_emulator::Fault::new("/oauth/token").status(200).body("application/json", answer);
    emulator.fault(fault.times(1));
    let asked = with_scope(&home.config(&emulator), "read write");
    let session = Login::start(asked.clone()).unwrap().wait().unwrap();
    assert_eq!(session.token().unwrap().scope(), "https://a.example/read");
    assert!(Session::open(asked).is_ok());
    let other = Session::open(with_scope(&home.config(&emulator), "admin")).unwrap_err();
    assert_eq!(other.reason(), Some(Reason::InsufficientScope), "{other}");
}

#[test]
fn another_rotation_than_that_of_the_login_is_no_configuration() {
    let (home, emulator) = (Home::new(), emulator());
    log_in(&home, &emulator);
    let config = || home.config(&emulator);
    assert!(Session::open(config().rotation("none")).is_ok());
    for other in ["strict", "grace:60"] {
        let error = Session::open(config().rotation(other)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
        assert!(error.message().contains(other) && error.message().contains("none"), "{error}");
        assert!(!config().rotation(other).explain().is_ok());
    }
    // A login replaces what its key held.
    let login = Login::start(config().rotation("strict")).unwrap();
    assert!(emulator.approve(login.user_code()));
    login.wait().unwrap();
    assert!(Session::open(config().rotation("strict")).is_ok());
    assert!(Session::open(config()).is_ok(), "who does not say takes the login's");
    let error = Session::open(config().rotation("none")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
    // A key is sent as it is.
    Login::start(config().credential(ApiKey::new(emulator.api_key("acme")))).unwrap();
    assert!(Session::open(config().rotation("grace:60")).is_ok());
}

#[test]
fn the_identity_of_a_stored_credential_is_the_client_that_it_is_of() {
    let (home, emulator) = (Home::new(), emulator());
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let config = || home.config(&emulator);
    let status = || -> Value { serde_json::from_str(&config().explain().picked_json()).unwrap() };
    Login::start(config().credential(ApiKey::new(emulator.api_key("acme")))).unwrap();
    assert_eq!((&status()["credential"], &status()["identity"]), (&json!("api_key"), &Value::Null));
    assert!(!config().explain().to_string().contains("identity"));
    let client = ClientCredentials::new(client_id.clone(), client_secret).scope("models:read");
    Login::start(config().credential(client)).unwrap();
    assert_eq!(
        (&status()["credential"], &status()["identity"]),
        (&json!("client_credentials"), &json!(client_id))
    );
    Session::open(config()).unwrap().token().unwrap();
    let asked = emulator.requests().pop().unwrap();
    assert!(asked.text().contains("models:read"), "the stored client asks for what it was stored with");
    log_in(&home, &emulator);
    assert_eq!((&status()["credential"], &status()["identity"]), (&json!("device_code"), &json!("beamlit")));
}
