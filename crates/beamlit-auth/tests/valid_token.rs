//! As long as a token is valid it is served, whatever the token server does: in real time, with a short-lived token.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, a step that fails ends the test")]

use std::time::{Duration, Instant};

use beamlit_auth::{ClientCredentials, Config, ErrorKind, Session};
use beamlit_emulator::{Emulator, Fault};

const LIFE: u64 = 5;

fn calls_until_expiry(break_it: impl FnOnce(Emulator) -> Option<Emulator>) -> beamlit_auth::Error {
    let emulator = Emulator::builder().token_lifetime(5).start().unwrap();
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let config = Config::from(ClientCredentials::new(client_id, client_secret)).api_url(emulator.api_url());
    let session = Session::open(config).unwrap();
    let url = format!("{}/models", session.api_url());
    session.headers(&url).unwrap();
    let expires_at = session.token().unwrap().expires_at().unwrap();
    let begun = Instant::now();
    let kept = break_it(emulator);
    // A call that begins before the token's end is served, up to the moment that the hands of the clock need.
    while begun.elapsed() < Duration::from_secs(2 * LIFE) {
        let now = std::time::SystemTime::now();
        match session.headers(&url) {
            Ok(_) => {}
            Err(error) => {
                assert!(now + Duration::from_millis(100) > expires_at, "not served while valid: {error}");
                drop(kept);
                return error;
            }
        }
    }
    panic!("served a token that is not valid any more");
}

#[test]
fn a_server_that_refuses() {
    let error = calls_until_expiry(|emulator| {
        drop(emulator);
        None
    });
    assert_eq!(error.kind(), ErrorKind::NetworkError);
}

#[test]
fn a_server_that_answers_503() {
    let error = calls_until_expiry(|emulator| {
        emulator.fault(Fault::new("/oauth/token").status(503));
        Some(emulator)
    });
    assert_eq!(error.kind(), ErrorKind::ServerUnavailable);
}

#[test]
fn a_server_that_hangs() {
    let error = calls_until_expiry(|emulator| {
        emulator.fault(Fault::new("/oauth/token").hang());
        Some(emulator)
    });
    assert!(matches!(error.kind(), ErrorKind::DeadlineExceeded), "{error}");
}
