//! No secret in any log, error or `Debug`: planted canaries, a logger at TRACE, every flow.
#![expect(clippy::unwrap_used, reason = "in a test, a step that fails ends the test")]

use std::fmt::Write as _;
use std::sync::Mutex;

use beamlit_auth::{ApiKey, ClientCredentials, Config, Credential, Session};
use beamlit_emulator::{Dialect, Emulator, Fault};

static LINES: Mutex<String> = Mutex::new(String::new());

/// Keeps what this crate logs. Programs that install a logger leave out the targets of the libraries below, as the
/// crate's page says.
struct Keep;

impl log::Log for Keep {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("beamlit_auth")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let _ = writeln!(LINES.lock().unwrap(), "{} {}", record.target(), record.args());
        }
    }

    fn flush(&self) {}
}

#[test]
fn no_secret_is_logged_shown_or_told() {
    log::set_logger(&Keep).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    assert_eq!(
        log::STATIC_MAX_LEVEL,
        log::LevelFilter::Trace,
        "this test is worth nothing where log is capped; run it with -p beamlit-auth"
    );
    let mut told = String::new();
    let mut secrets = Vec::new();
    for dialect in [Dialect::Platform, Dialect::Strict] {
        every_flow(dialect, &mut told, &mut secrets);
    }
    told.push_str(&LINES.lock().unwrap());
    assert!(told.contains("renewed"), "the logger was not at work: {told}");
    secrets.push("CANARY".to_owned());
    for secret in &secrets {
        assert!(!told.contains(secret.as_str()), "a secret was told");
    }
}

fn every_flow(dialect: Dialect, told: &mut String, secrets: &mut Vec<String>) {
    let emulator = Emulator::builder().dialect(dialect).start().unwrap();
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let key = emulator.api_key("acme");
    secrets.extend([client_secret.clone(), key.clone()]);
    let credentials: [Credential; 3] = [
        ApiKey::new(key).into(),
        ClientCredentials::new(client_id.clone(), client_secret.clone()).into(),
        ClientCredentials::new(client_id, "CANARY wrong")
            .token_endpoint_auth_method("client_secret_post")
            .into(),
    ];
    let faults = [
        Fault::new("/none"),
        Fault::new("/oauth/token")
            .status(400)
            .body("application/json", r#"{"error":"invalid_grant","x":"CANARY"}"#),
        Fault::new("/oauth/token")
            .status(200)
            .body("application/json", r#"{"access_token":"CANARY","token_type":"mac"}"#),
        Fault::new("/oauth/token")
            .status(200)
            .body("application/json", "{\"access_token\":\"CANARY\u{e9}\",\"token_type\":\"bearer\"}"),
        Fault::new("/oauth/token").status(502).body("text/html", "<html>CANARY"),
        Fault::new("/oauth/token").redirect("http://127.0.0.1:1/?CANARY").status(302),
        Fault::new("/oauth/token").drop(),
    ];
    for credential in credentials {
        for fault in &faults {
            emulator.clear_faults();
            emulator.fault(fault.clone());
            let mut config = Config::from(credential.clone()).api_url(emulator.api_url());
            if dialect == Dialect::Strict {
                config = config.platform(emulator.api_url().as_str());
            }
            one_session(config, told, secrets);
        }
    }
}

fn one_session(config: Config, told: &mut String, secrets: &mut Vec<String>) {
    let _ = write!(told, "{config:?} {:?} {}", config.explain(), config.explain());
    let session = Session::open(config).unwrap();
    let _ = write!(told, "{session:?} {:?}", session.call());
    for url in [
        format!("{}/models?key=CANARY", session.api_url()),
        "https://CANARY@evil.test/?CANARY#CANARY".to_owned(),
    ] {
        let _ = match session.headers(&url) {
            Ok(headers) => write!(told, "{headers:?} {:?}", headers.iter()),
            Err(error) => write!(
                told,
                "{error:?} {error} {:?} {:?}",
                error.oauth_error_description(),
                std::error::Error::source(&error)
            ),
        };
    }
    if let Ok(token) = session.token() {
        secrets.push(token.reveal().to_owned());
        let _ = write!(told, "{token:?}");
    }
    let _ = write!(told, "{} {}", session.explain(), session.explain().to_json());
}
