//! How long a login and a logout are waited for, and what becomes of what comes later.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use beamlit_auth::{Config, DeviceLogin, ErrorKind, Login, Logout, Reason, Session};
use beamlit_emulator::{Dialect, Emulator, Fault};

use crate::{Home, emulator, until};

const SHORT: Duration = Duration::from_millis(300);
const TOKENS: &str = "/oauth/token";

/// What `call` gives, and that it takes about as long as [`SHORT`].
fn short<R>(call: impl FnOnce() -> R) -> R {
    let begun = Instant::now();
    let given = call();
    assert!((SHORT..10 * SHORT).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    given
}

/// An issuer that revokes, and a login there.
fn revocable(home: &Home) -> (Emulator, Config, Session) {
    let emulator = Emulator::builder().dialect(Dialect::Strict).start().unwrap();
    emulator.configure(|settings| settings.interval_s = 0);
    let credential = DeviceLogin::new().client_id("beamlit");
    let config = home.config(&emulator).platform(emulator.api_url().as_str()).credential(credential);
    let login = Login::start(config.clone()).unwrap();
    assert!(emulator.approve(login.user_code()));
    (emulator, config, login.wait().unwrap())
}

fn is_logged_out(config: &Config) -> bool {
    Session::open(config.clone()).err().and_then(|error| error.reason()) == Some(Reason::LoggedOut)
}

#[test]
fn a_start_waits_as_long_as_it_is_told_to() {
    let (home, emulator) = (Home::new(), emulator());
    emulator.fault(Fault::new("/login/device").hang());
    let config = home.config(&emulator);
    let error = short(|| Login::start_timeout(config.clone(), SHORT).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    let error = short(|| Login::start(config.clone().timeout(SHORT)).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    let begun = Instant::now();
    let error = short(|| Login::start_while(config.clone(), &|| begun.elapsed() < SHORT).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
}

#[test]
fn a_start_that_is_answered_in_time_has_its_codes() {
    let (home, emulator) = (Home::new(), emulator());
    emulator.fault(Fault::new("/login/device").delay(SHORT));
    for login in [
        Login::start_timeout(home.config(&emulator), 100 * SHORT),
        Login::start_while(home.config(&emulator).timeout(100 * SHORT), &|| true),
    ] {
        assert!(!login.unwrap().user_code().is_empty());
    }
}

#[test]
fn a_poll_waits_no_longer_than_the_configuration_says() {
    let (home, emulator) = (Home::new(), emulator());
    emulator.configure(|settings| settings.interval_s = 0);
    emulator.fault(Fault::new(TOKENS).hang());
    let login = Login::start(home.config(&emulator).timeout(SHORT)).unwrap();
    assert!(short(|| login.poll().unwrap()).is_none());
    assert!(short(|| login.poll_while(&|| true).unwrap()).is_none());
}

#[test]
fn who_waits_on_a_login_that_is_cancelled_hears_it_and_who_comes_later_finds_it_closed() {
    let (home, emulator) = (Home::new(), emulator());
    emulator.configure(|settings| settings.interval_s = 0);
    emulator.fault(Fault::new(TOKENS).hang());
    let login = Login::start(home.config(&emulator)).unwrap();
    let waiting = [AtomicBool::new(false), AtomicBool::new(false)];
    let told = |i: usize| {
        waiting[i].store(true, Ordering::SeqCst);
        true
    };
    thread::scope(|scope| {
        let wait = scope.spawn(|| login.wait_while(100 * SHORT, &|| told(0)).map(drop));
        let poll = scope.spawn(|| login.poll_while(&|| told(1)).map(drop));
        until(|| waiting.iter().all(|waiting| waiting.load(Ordering::SeqCst)));
        login.cancel();
        for waiter in [wait, poll] {
            assert_eq!(waiter.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
        }
    });
    login.cancel();
    for late in [login.poll(), login.wait_timeout(SHORT), login.wait().map(Some)] {
        assert_eq!(late.unwrap_err().kind(), ErrorKind::Closed);
    }
}

#[test]
fn a_login_that_is_done_is_not_cancelled() {
    let (home, emulator) = (Home::new(), emulator());
    let login = Login::start(home.config(&emulator)).unwrap();
    assert!(emulator.approve(login.user_code()));
    login.wait().unwrap();
    login.cancel();
    assert_eq!(login.poll().unwrap().unwrap().workspace(), Some("acme"));
}

#[test]
fn the_clones_of_a_login_are_one_until_the_last_is_gone() {
    let (home, emulator) = (Home::new(), emulator());
    let login = Login::start(home.config(&emulator)).unwrap();
    drop(login.clone());
    assert!(emulator.approve(login.user_code()));
    login.wait().unwrap();
}

#[test]
fn a_logout_goes_on_to_its_end_whoever_waits_for_it() {
    for ended in [ErrorKind::DeadlineExceeded, ErrorKind::Cancelled] {
        let home = Home::new();
        let (emulator, config, session) = revocable(&home);
        emulator.fault(Fault::new("/oauth/revoke").delay(2 * SHORT));
        let begun = Instant::now();
        let error = short(|| match ended {
            ErrorKind::DeadlineExceeded => session.call().timeout(SHORT).logout(),
            _ => session.call().while_waiting(&|| begun.elapsed() < SHORT).logout(),
        });
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ended, "{error}");
        assert!(!is_logged_out(&config), "it has to revoke before it deletes");
        drop(session);
        until(|| is_logged_out(&config));
        let revoked = emulator.requests().pop().unwrap();
        assert_eq!((revoked.path.as_str(), revoked.status), ("/v0/oauth/revoke", Some(200)));
    }
}

#[test]
fn cancel_ends_the_wait_for_a_logout() {
    let home = Home::new();
    let (emulator, _, session) = revocable(&home);
    emulator.fault(Fault::new("/oauth/revoke").hang());
    thread::scope(|scope| {
        let logout = scope.spawn(|| session.logout());
        until(|| emulator.requests().iter().any(|request| request.path.ends_with("/revoke")));
        session.cancel();
        assert_eq!(logout.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    });
}

#[test]
fn a_logout_within_its_limit_says_what_it_did() {
    let home = Home::new();
    let (_emulator, _, session) = revocable(&home);
    let logout: Logout = session.call().timeout(100 * SHORT).logout().unwrap();
    assert!(logout.revoked && logout.deleted);
}
