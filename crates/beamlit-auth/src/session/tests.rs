//! The engine on a machine whose clocks a test moves, against a real emulator over real sockets.

mod background;
mod clocks;
mod login;
pub(crate) mod machine;
mod mirror;
mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use beamlit_emulator::{Emulator, Fault};

use super::Session;
use crate::config::{Config, Environment};
use crate::credential::{ApiKey, ClientCredentials};
use crate::error::ErrorKind;
use crate::flight::Flights;
use crate::session::real_connect;
use crate::session::tests::machine::{Machine, until};

const HOUR: Duration = Duration::from_secs(3600);
const TOKENS: &str = "/oauth/token";

struct Stage {
    emulator: Emulator,
    machine: Arc<Machine>,
    flights: &'static Flights,
    session: Session,
    url: String,
}

/// A session with client credentials of an emulator, on a machine of its own.
fn stage() -> Stage {
    let emulator = Emulator::start().unwrap();
    let (client_id, client_secret) = emulator.client_credentials("acme");
    stage_with(emulator, Config::from(ClientCredentials::new(client_id, client_secret)))
}

fn stage_with(emulator: Emulator, config: Config) -> Stage {
    let machine = Arc::new(Machine::default());
    let config = config.workspace("acme").api_url(emulator.api_url());
    let flights = flights();
    let session = open_in(flights, &machine, &config);
    let url = format!("{}/models", emulator.api_url());
    Stage { emulator, machine, flights, session, url }
}

/// What the sessions of one process share.
pub(crate) fn flights() -> &'static Flights {
    Box::leak(Box::new(Flights::new()))
}

fn open(machine: &Arc<Machine>, config: &Config) -> Session {
    open_in(flights(), machine, config)
}

fn open_in(flights: &'static Flights, machine: &Arc<Machine>, config: &Config) -> Session {
    let system = Arc::clone(machine) as _;
    Session::open_on(system, real_connect(), flights, config, &Environment::default()).unwrap()
}

impl Stage {
    fn generation(&self) -> u64 {
        self.session.headers(&self.url).unwrap().generation()
    }

    /// Both clocks of the story.
    fn pass(&self, time: Duration) {
        self.machine.pass(time);
        self.emulator.advance(i64::try_from(time.as_secs()).unwrap());
    }

    fn token_error(&self) -> crate::Error {
        self.session.token().unwrap_err()
    }
}

#[test]
fn a_fresh_token_is_asked_for_once_and_the_rest_is_not_modified() {
    let stage = stage();
    assert_eq!(stage.generation(), 1);
    for _ in 0..100 {
        assert!(stage.session.headers_since(&stage.url, 1).unwrap().is_none());
    }
    assert_eq!(stage.session.headers_since(&stage.url, 0).unwrap().unwrap().generation(), 1);
    stage.pass(HOUR);
    assert_eq!(stage.generation(), 1);
    assert_eq!(stage.emulator.token_requests(), 1);
}

#[test]
fn sixty_four_threads_at_an_expired_token_make_one_request() {
    let stage = stage();
    stage.session.token().unwrap();
    stage.pass(3 * HOUR);
    stage.emulator.fault(Fault::new(TOKENS).delay(Duration::from_millis(100)));
    thread::scope(|scope| {
        let calls: Vec<_> = (0..64).map(|_| scope.spawn(|| stage.generation())).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), 2);
        }
    });
    assert_eq!(stage.emulator.token_requests(), 2);
}

#[test]
fn in_the_advisory_window_one_caller_renews_and_others_are_served_at_once() {
    let stage = stage();
    stage.session.token().unwrap();
    stage.pass(Duration::from_secs(7200 - 300));
    stage.emulator.fault(Fault::new(TOKENS).hang().times(1));
    thread::scope(|scope| {
        let leader = scope.spawn(|| stage.generation());
        until(|| stage.emulator.token_requests() == 2);
        // Zero does not wait: these are answered from memory or not at all.
        for _ in 0..100 {
            let served = stage.session.call().timeout(Duration::ZERO).headers(&stage.url).unwrap();
            assert_eq!(served.generation(), 1);
        }
        stage.machine.pass(Duration::from_secs(2));
        assert_eq!(leader.join().unwrap(), 1, "the leader is served the valid token when its patience ends");
    });
    assert_eq!(stage.emulator.token_requests(), 2);
}

#[test]
fn a_failing_server_is_asked_at_most_once_in_five_seconds_and_the_valid_token_is_served() {
    let stage = stage();
    stage.session.token().unwrap();
    stage.emulator.fault(Fault::new(TOKENS).status(503));
    // From the advisory window to the end, in steps of a second.
    stage.pass(Duration::from_secs(7200 - 600));
    for _ in 0..599 {
        assert_eq!(stage.generation(), 1);
        stage.pass(Duration::from_secs(1));
    }
    let while_valid = stage.emulator.token_requests() - 1;
    assert!((10..=120).contains(&while_valid), "{while_valid} requests in 600 s");
    stage.pass(Duration::from_secs(60));
    for _ in 0..50 {
        let error = stage.token_error();
        assert_eq!(error.kind(), ErrorKind::ServerUnavailable);
        assert!(error.retry_after().is_some());
    }
    assert_eq!(stage.emulator.token_requests(), while_valid + 2);
    stage.emulator.clear_faults();
    stage.pass(Duration::from_secs(8));
    assert_eq!(stage.generation(), 2);
}

#[test]
fn retry_after_is_obeyed() {
    let stage = stage();
    stage.emulator.fault(Fault::new(TOKENS).status(429).retry_after(120).times(1));
    let error = stage.token_error();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(120))));
    stage.pass(Duration::from_secs(119));
    assert_eq!(stage.token_error().kind(), ErrorKind::RateLimited);
    assert_eq!(stage.emulator.token_requests(), 1);
    stage.pass(Duration::from_secs(2));
    stage.session.token().unwrap();
}

#[test]
fn a_clear_refusal_is_not_repeated_for_a_minute() {
    let stage = stage();
    stage.emulator.fault(
        Fault::new(TOKENS).status(401).body("application/json", r#"{"error":"invalid_client"}"#).times(1),
    );
    assert_eq!(stage.token_error().kind(), ErrorKind::InvalidClient);
    stage.pass(Duration::from_secs(59));
    let error = stage.token_error();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::InvalidClient, None));
    assert_eq!(stage.emulator.token_requests(), 1);
    stage.pass(Duration::from_secs(2));
    stage.session.token().unwrap();
}

#[test]
fn a_refused_token_is_renewed_once_and_not_again_within_a_minute() {
    let stage = stage();
    assert_eq!(stage.generation(), 1);
    assert!(stage.session.invalidate(1));
    assert!(stage.session.invalidate(1), "a second 401 for the same token asks for the same renewal");
    assert!(!stage.session.invalidate(7), "a generation that never was");
    assert_eq!(stage.generation(), 2);
    assert!(stage.session.invalidate(1), "an older token was refused, and there is a newer one");
    assert_eq!(stage.generation(), 2);
    assert!(!stage.session.invalidate(2), "it came of a 401 itself");
    assert_eq!(stage.generation(), 2);
    stage.pass(Duration::from_secs(61));
    assert!(stage.session.invalidate(2));
    assert_eq!(stage.generation(), 3);
    assert_eq!(stage.emulator.token_requests(), 3);
}

#[test]
fn a_refused_token_is_never_served_again_even_if_no_other_is_to_be_had() {
    let stage = stage();
    assert_eq!(stage.generation(), 1);
    stage.emulator.fault(Fault::new(TOKENS).status(500));
    assert!(stage.session.invalidate(1));
    assert_eq!(stage.token_error().kind(), ErrorKind::ServerUnavailable);
    assert_eq!(stage.session.headers_since(&stage.url, 1).unwrap_err().kind(), ErrorKind::ServerUnavailable);
}

#[test]
fn min_valid_renews_once_and_is_cut_to_what_a_token_can_have() {
    let stage = stage();
    stage.session.token().unwrap();
    stage.pass(HOUR);
    let token = |min_valid| stage.session.call().min_valid(min_valid).token().unwrap().generation();
    assert_eq!(token(Duration::from_secs(3000)), 1);
    assert_eq!(token(Duration::from_secs(3700)), 2);
    assert_eq!(token(100 * HOUR), 2);
    assert_eq!(stage.emulator.token_requests(), 2);
}

#[test]
fn renew_asks_only_when_due_and_says_so_when_it_fails() {
    let stage = stage();
    stage.session.renew().unwrap();
    stage.session.renew().unwrap();
    assert_eq!(stage.emulator.token_requests(), 1);
    stage.pass(Duration::from_secs(7200 - 500));
    stage.emulator.fault(Fault::new(TOKENS).status(503).times(1));
    assert_eq!(stage.session.renew().unwrap_err().kind(), ErrorKind::ServerUnavailable);
    assert_eq!(stage.generation(), 1);
}

#[test]
fn a_wall_clock_that_goes_back_costs_one_renewal() {
    let stage = stage();
    stage.session.token().unwrap();
    stage.machine.set_wall_back(24 * HOUR);
    stage.machine.pass(Duration::from_secs(2));
    assert_eq!(stage.generation(), 2);
    stage.machine.pass(Duration::from_secs(2));
    assert_eq!(stage.generation(), 2);
}

#[test]
fn a_wait_ends_by_cancel_by_the_callers_word_and_by_its_time_and_the_renewal_goes_on() {
    let stage = stage();
    stage.emulator.fault(Fault::new(TOKENS).delay(Duration::from_millis(1500)).times(1));
    let call = || stage.session.call();
    assert_eq!(call().timeout(Duration::ZERO).token().unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(
        call().timeout(Duration::from_millis(30)).token().unwrap_err().kind(),
        ErrorKind::DeadlineExceeded
    );
    assert_eq!(call().while_waiting(&|| false).token().unwrap_err().kind(), ErrorKind::Cancelled);
    let waiting = AtomicBool::new(false);
    let told = || {
        waiting.store(true, Ordering::Relaxed);
        true
    };
    thread::scope(|scope| {
        let waiter = scope.spawn(|| stage.session.call().while_waiting(&told).token());
        until(|| waiting.load(Ordering::Relaxed));
        stage.session.cancel();
        assert_eq!(waiter.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    });
    assert_eq!(stage.generation(), 1);
    assert_eq!(stage.emulator.token_requests(), 1);
}

#[test]
fn what_is_had_at_once_over_a_kept_connection_needs_no_thread() {
    let stage = stage();
    assert_eq!((stage.generation(), stage.machine.threads()), (1, 1));
    stage.session.invalidate(1);
    assert_eq!((stage.generation(), stage.machine.threads()), (2, 1));
    // The connection is not trusted for ever.
    stage.machine.pass(Duration::from_secs(61));
    stage.emulator.fault(Fault::new(TOKENS).status(503).times(1));
    stage.session.invalidate(2);
    assert_eq!(stage.token_error().kind(), ErrorKind::ServerUnavailable);
    assert_eq!((stage.machine.threads(), stage.emulator.token_requests()), (1, 3));
}

#[test]
fn what_takes_longer_over_a_kept_connection_goes_on_without_its_caller() {
    let stage = stage();
    assert_eq!(stage.generation(), 1);
    stage.session.invalidate(1);
    stage.emulator.fault(Fault::new(TOKENS).delay(Duration::from_millis(1500)).times(1));
    timely(Duration::from_millis(150), || {
        let error = stage.session.call().while_waiting(&|| false).token().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    timely(Duration::from_millis(150), || {
        let error = stage.session.call().timeout(Duration::from_millis(60)).token().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    });
    assert_eq!(stage.generation(), 2);
    assert_eq!((stage.machine.threads(), stage.emulator.token_requests()), (2, 2));
}

#[test]
fn a_wait_that_is_cancelled_in_its_first_moment_is_cancelled() {
    let stage = stage();
    assert_eq!(stage.generation(), 1);
    stage.session.invalidate(1);
    stage.emulator.fault(Fault::new(TOKENS).delay(Duration::from_millis(1500)).times(1));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| stage.session.token());
        until(|| stage.emulator.token_requests() == 2);
        stage.session.cancel();
        timely(Duration::from_millis(150), || until(|| waiter.is_finished()));
        assert_eq!(waiter.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    });
}

/// Whether `wait` ends within `limit`.
fn timely(limit: Duration, wait: impl FnOnce()) {
    let begun = Instant::now();
    wait();
    assert!(begun.elapsed() < limit, "too late: {:?} instead of {limit:?}", begun.elapsed());
}

#[test]
fn a_forked_child_does_not_wait_for_its_parents_renewal() {
    let stage = stage();
    stage.emulator.fault(Fault::new(TOKENS).hang().times(1));
    assert_eq!(
        stage.session.call().timeout(Duration::ZERO).token().unwrap_err().kind(),
        ErrorKind::DeadlineExceeded
    );
    until(|| stage.emulator.token_requests() == 1);
    stage.machine.fork();
    assert_eq!(stage.generation(), 1);
    assert_eq!(stage.emulator.token_requests(), 2);
}

#[test]
fn without_a_thread_to_be_had_the_caller_renews_itself() {
    let stage = stage();
    stage.machine.refuse_threads();
    assert_eq!(stage.generation(), 1);
}

#[test]
fn a_key_is_sent_as_it_is_and_never_asked_for() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.api_key("acme");
    let stage = stage_with(emulator, Config::from(ApiKey::new(key.clone())));
    let token = stage.session.token().unwrap();
    assert_eq!((token.reveal(), token.token_type(), token.expires_at()), (key.as_str(), "", None));
    assert!(!stage.session.invalidate(1));
    stage.pass(1000 * HOUR);
    assert_eq!(stage.generation(), 1);
    assert_eq!(stage.emulator.requests().len(), 0);
}

#[test]
fn an_emulators_credential_does_not_leave_the_machine() {
    let emulator = Emulator::start().unwrap();
    let far = "https://api.example.com/v0/models";
    let key = stage_with(
        Emulator::start().unwrap(),
        Config::from(ApiKey::new(emulator.api_key("acme"))).allow_origin("https://api.example.com"),
    );
    for _ in 0..2 {
        assert!(key.session.headers(&key.url).is_ok());
        assert_eq!(key.session.headers(far).unwrap_err().kind(), ErrorKind::OriginRefused);
    }
    let (id, secret) = emulator.client_credentials("acme");
    let stage = stage_with(
        emulator,
        Config::from(ClientCredentials::new(id.clone(), secret.clone()))
            .allow_origin("https://api.example.com"),
    );
    for _ in 0..2 {
        assert!(stage.session.headers(&stage.url).is_ok());
        assert_eq!(stage.session.headers(far).unwrap_err().kind(), ErrorKind::OriginRefused);
    }
    let config = Config::from(ClientCredentials::new(id, secret)).api_url("https://api.example.com/v0");
    let error = open(&stage.machine, &config).token().unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::OriginRefused,
        "the secret is not sent to a token endpoint elsewhere: {error}"
    );
}
