//! The end of a process: what is waited for, and what does not begin any more. In a program of its own, and one after the
//! other, because all of it is about everything that a process has under way.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "in a test, a step that fails ends the test"
)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use beamlit_auth::{
    ClientCredentials, Config, ErrorKind, Login, Session, shutdown, shutdown_spending, shutdown_while,
};
use beamlit_emulator::{Emulator, Fault, Rotation};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(20);
const TOKENS: &str = "/oauth/token";

/// What `call` gives, and how long it takes.
fn timed<R>(call: impl FnOnce() -> R) -> (R, Duration) {
    let begun = Instant::now();
    (call(), begun.elapsed())
}

/// Begins a renewal that nobody waits for.
fn begin(session: &Session) {
    let error = session.call().timeout(Duration::ZERO).token().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
}

fn until(happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the event did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn the_end_of_a_process() {
    let home = std::env::temp_dir().join(format!("beamlit-auth-shutdown-{}", std::process::id()));
    let emulator = Emulator::start().unwrap();
    nothing_is_under_way();
    a_request_that_spends_nothing(&emulator);
    emulator.configure(|settings| {
        (settings.rotation, settings.interval_s) = (Some(Rotation::Revoke), 0);
        settings.token_lifetime_s = 1;
    });
    let session = login(&home, &emulator, "strict");
    a_renewal_that_has_sent_its_token(&emulator, &session);
    a_renewal_that_has_not_yet(&home, &emulator, &session);
    assert_eq!(emulator.reuse_events(), 0);
    emulator.configure(|settings| settings.rotation = Some(Rotation::None));
    a_renewal_whose_refresh_token_stays_good(&emulator, &login(&home, &emulator, "none"));
    let _ = fs::remove_dir_all(home);
}

fn login(home: &Path, emulator: &Emulator, rotation: &str) -> Session {
    let config = Config::new().workspace("acme").api_url(emulator.api_url()).rotation(rotation);
    let login = Login::start(config.store(format!("file:{}", home.display()))).unwrap();
    assert!(emulator.approve(login.user_code()));
    let session = login.wait().unwrap();
    until(|| shutdown(LONG));
    session
}

/// Waits until the token has ended.
fn is_over(session: &Session) {
    let ends = session.token().unwrap().expires_at().unwrap();
    until(|| SystemTime::now() > ends);
}

fn nothing_is_under_way() {
    for end in [shutdown, shutdown_spending] {
        let (ended, took) = timed(|| end(LONG));
        assert!(ended && took < SHORT, "{took:?}");
    }
}

fn a_request_that_spends_nothing(emulator: &Emulator) {
    emulator.fault(Fault::new(TOKENS).delay(7 * Duration::from_secs(1)).times(1));
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let client = ClientCredentials::new(client_id, client_secret);
    let session = Session::open(Config::from(client).api_url(emulator.api_url())).unwrap();
    begin(&session);
    let (ended, took) = timed(|| shutdown_spending(LONG));
    assert!(!ended && took < SHORT, "{took:?}");
    // Somebody hears of Ctrl-C meanwhile. Who has given up is asked no more.
    let begun = Instant::now();
    let still_wanted = || !(SHORT..2 * SHORT).contains(&begun.elapsed());
    let (ended, took) = timed(|| shutdown_while(LONG, &still_wanted));
    assert!(!ended && (SHORT..4 * SHORT).contains(&took), "{took:?}");
    let (ended, took) = timed(|| shutdown(SHORT));
    assert!(!ended && (SHORT..4 * SHORT).contains(&took), "{took:?}");
    let (ended, took) = timed(|| shutdown(LONG));
    let five = Duration::from_secs(5);
    assert!(!ended && (five..2 * five).contains(&took), "{took:?}");
    assert_eq!(session.token().unwrap().generation(), 1, "it goes on");
}

fn a_renewal_that_has_sent_its_token(emulator: &Emulator, session: &Session) {
    is_over(session);
    let before = emulator.token_requests_of("refresh_token");
    emulator.fault(Fault::new(TOKENS).delay(5 * SHORT).after().times(1));
    until(|| {
        let _ = session.call().timeout(Duration::ZERO).token();
        emulator.token_requests_of("refresh_token") > before
    });
    let (ended, took) = timed(|| shutdown_spending(SHORT));
    assert!(!ended && (SHORT..4 * SHORT).contains(&took), "{took:?}");
    // Until its answer has come; the thread may end a little later.
    let (_, took) = timed(|| shutdown_spending(LONG));
    assert!((SHORT..LONG / 2).contains(&took), "{took:?}");
    assert!(shutdown(LONG));
    assert_eq!(emulator.token_requests_of("refresh_token"), before + 1);
}

/// It loses nothing: whoever comes later sends the same token again.
fn a_renewal_whose_refresh_token_stays_good(emulator: &Emulator, session: &Session) {
    is_over(session);
    let before = emulator.token_requests_of("refresh_token");
    emulator.fault(Fault::new(TOKENS).delay(7 * Duration::from_secs(1)).times(1));
    begin(session);
    until(|| emulator.token_requests_of("refresh_token") > before);
    let (ended, took) = timed(|| shutdown_spending(LONG));
    assert!(!ended && took < SHORT, "{took:?}");
    let (ended, took) = timed(|| shutdown(LONG));
    let five = Duration::from_secs(5);
    assert!(!ended && (five..2 * five).contains(&took), "{took:?}");
    assert!(session.token().is_ok(), "it goes on");
}

/// It waits for the lock of the login, as it may for a connection, when the exit looks for the last time.
fn a_renewal_that_has_not_yet(home: &Path, emulator: &Emulator, session: &Session) {
    is_over(session);
    let before = emulator.token_requests_of("refresh_token");
    let lock = File::open(lock_of_the_login(home)).unwrap();
    lock.lock().unwrap();
    begin(session);
    let looked = Instant::now();
    assert!(!shutdown_spending(LONG));
    lock.unlock().unwrap();
    // A process that ended within this time would have lost the login.
    until(|| emulator.token_requests_of("refresh_token") > before);
    assert!(looked.elapsed() > Duration::from_millis(1900), "{:?}", looked.elapsed());
    // This one goes on.
    assert!(shutdown(LONG));
    assert!(session.token().is_ok());
}

fn lock_of_the_login(home: &Path) -> PathBuf {
    let folders = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
    let mut locks = folders.map(|folder| folder.join("lock")).filter(|lock| lock.exists());
    locks.next().unwrap()
}
