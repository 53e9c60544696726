//! Logins that somebody gave up, and whose approval or verification comes all the same. In a program of its own, because
//! [`shutdown`] tells when nothing is under way any more.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "in a test, a step that fails ends the test"
)]

use std::time::{Duration, Instant};

use beamlit_auth::{ApiKey, ClientCredentials, Config, ErrorKind, Login, Reason, Session, shutdown};
use beamlit_emulator::{Emulator, Fault};

const LATE: Duration = Duration::from_millis(600);

fn until(happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the event did not happen");
        std::thread::yield_now();
    }
}

/// Sees that nothing is stored when everything has ended.
fn nothing_comes_of_it(emulator: &Emulator, config: &Config, path: &str) {
    assert!(shutdown(Duration::from_secs(20)), "something goes on");
    let last = emulator.requests().pop().unwrap();
    assert!(last.path.contains(path) && last.status == Some(200), "the server agreed: {last:?}");
    let error = Session::open(config.clone()).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::NoCredential), "{error}");
    assert_eq!(config.workspaces().unwrap().current, None);
}

#[test]
fn what_comes_after_a_login_was_given_up_is_not_stored() {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| settings.interval_s = 0);
    let home = std::env::temp_dir().join(format!("beamlit-auth-given-up-{}", std::process::id()));
    let config = Config::new().workspace("acme").api_url(emulator.api_url());
    let config = config.store(format!("file:{}", home.display()));

    // A key and client credentials that are found good too late.
    let (client_id, client_secret) = emulator.client_credentials("acme");
    for config in [
        config.clone().credential(ApiKey::new(emulator.api_key("acme"))),
        config.clone().credential(ClientCredentials::new(client_id, client_secret)),
    ] {
        emulator.fault(Fault::new("/workspaces").delay(LATE).times(1));
        let error = Login::start_timeout(config.clone(), LATE / 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    }
    nothing_comes_of_it(&emulator, &config, "/workspaces");

    // A code that comes too late.
    emulator.fault(Fault::new("/login/device").delay(LATE).times(1));
    let error = Login::start_timeout(config.clone(), LATE / 3).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    nothing_comes_of_it(&emulator, &config, "/login/device");

    // An approval that a poll has found when the login is dropped, and when it is cancelled.
    for cancel in [false, true] {
        let login = Login::start(config.clone()).unwrap();
        assert!(emulator.approve(login.user_code()));
        let before = emulator.token_requests();
        emulator.fault(Fault::new("/oauth/token").delay(LATE).after().times(1));
        assert!(login.poll_timeout(Duration::ZERO).unwrap().is_none());
        until(|| emulator.token_requests() > before);
        if cancel {
            login.cancel();
        }
        drop(login);
        nothing_comes_of_it(&emulator, &config, "/oauth/token");
    }
    let _ = std::fs::remove_dir_all(home);
}
