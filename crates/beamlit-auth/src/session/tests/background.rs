//! Sessions whose token is renewed when it is due, whether anybody asks for it or not.
//!
//! The timer sleeps in real time, so each test has it look again when it has moved the clocks.

use std::thread;
use std::time::{Duration, Instant};

use beamlit_emulator::{Emulator, Fault};

use crate::config::Config;
use crate::credential::{ApiKey, ClientCredentials};
use crate::error::{ErrorKind, Reason};
use crate::platform::Rotation;
use crate::session::tests::login::server::Answer;
use crate::session::tests::login::{Process, URL, World};
use crate::session::tests::machine::until;
use crate::session::tests::{HOUR, Stage, TOKENS, open_in, stage_with};

/// The life of a token, less its advisory window.
const FRESH: Duration = Duration::from_secs(7200 - 600);
/// When it is not due yet.
const NEARLY: Duration = Duration::from_secs(7200 - 605);
/// Any patience is longer than this.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A session that holds its first token.
pub(super) fn stage() -> Stage {
    let emulator = Emulator::start().unwrap();
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let client = Config::from(ClientCredentials::new(client_id, client_secret));
    let stage = stage_with(emulator, client.background_refresh(true));
    assert_eq!(stage.generation(), 1);
    stage
}

impl Stage {
    /// Lets time pass and the timer look at its clocks.
    pub(super) fn tick(&self, time: Duration) {
        self.pass(time);
        self.look();
    }

    pub(super) fn look(&self) {
        self.flights.timer.wake(&*self.machine);
    }

    pub(super) fn requests(&self, count: u64) {
        until(|| self.emulator.token_requests() == count);
    }

    /// The generation that is there, of which nobody is asked.
    pub(super) fn held(&self) -> u64 {
        self.session.0.flight.cache.current().unwrap().generation()
    }
}

/// Calls that are to give the token of `generation`, and to wait for nothing.
fn served(stage: &Stage, generation: u64) {
    for _ in 0..100 {
        let begun = Instant::now();
        assert_eq!(stage.generation(), generation);
        assert_eq!(stage.session.token().unwrap().generation(), generation);
        assert!(begun.elapsed() < AT_ONCE, "it has waited: {:?}", begun.elapsed());
    }
}

#[test]
fn a_token_is_renewed_when_it_is_due_and_nobody_asks() {
    let stage = stage();
    for generation in 2..5 {
        stage.tick(NEARLY);
        stage.look();
        assert_eq!(stage.held(), generation - 1);
        stage.tick(Duration::from_secs(6));
        until(|| stage.held() == generation);
    }
    assert_eq!(stage.emulator.token_requests(), 4);
    assert_eq!(stage.generation(), 4);
}

#[test]
fn no_call_waits_as_long_as_the_token_is_valid() {
    for passed in [FRESH + Duration::from_secs(1), Duration::from_secs(7200 - 20)] {
        let stage = stage();
        stage.emulator.fault(Fault::new(TOKENS).hang());
        stage.pass(passed);
        served(&stage, 1);
        stage.requests(2);
        served(&stage, 1);
        assert_eq!(stage.emulator.token_requests(), 2, "one attempt for all");
    }
}

#[test]
fn what_asks_for_more_than_a_valid_token_waits() {
    let stage = stage();
    stage.pass(FRESH + Duration::from_secs(1));
    stage.emulator.fault(Fault::new(TOKENS).status(503).times(1));
    assert_eq!(stage.session.renew().unwrap_err().kind(), ErrorKind::ServerUnavailable);
    stage.pass(Duration::from_secs(10));
    assert_eq!(stage.session.call().min_valid(HOUR).token().unwrap().generation(), 2);
}

#[test]
fn a_failing_server_is_asked_seldom_by_those_who_are_served() {
    let stage = stage();
    stage.emulator.fault(Fault::new(TOKENS).status(503));
    stage.pass(FRESH);
    for _ in 0..590 {
        stage.tick(Duration::from_secs(1));
        assert_eq!(stage.generation(), 1);
        settle(&stage);
    }
    // Five seconds at first, then a minute.
    let requests = stage.emulator.token_requests();
    assert!((10..=16).contains(&requests), "{requests} requests");
}

#[test]
fn a_failing_server_is_asked_seldom_where_nobody_asks() {
    let stage = stage();
    stage.emulator.fault(Fault::new(TOKENS).status(503));
    stage.pass(FRESH);
    // To the end of the token, and on: longer than the longest rest each, and shorter than the shortest.
    for request in 2..20 {
        stage.tick(Duration::from_secs(76));
        stage.requests(request);
        settle(&stage);
        stage.tick(Duration::from_secs(4));
        settle(&stage);
    }
    assert_eq!(stage.emulator.token_requests(), 19);
}

/// Waits until nothing is under way.
fn settle(stage: &Stage) {
    stage.look();
    until(|| stage.machine.running_threads() <= 1);
}

#[test]
fn the_timer_obeys_retry_after() {
    let stage = stage();
    stage.emulator.fault(Fault::new(TOKENS).status(429).retry_after(120).times(1));
    stage.tick(FRESH + Duration::from_secs(1));
    stage.requests(2);
    for _ in 0..118 {
        settle(&stage);
        stage.tick(Duration::from_secs(1));
    }
    settle(&stage);
    assert_eq!(stage.emulator.token_requests(), 2);
    stage.tick(Duration::from_secs(3));
    until(|| stage.held() == 2);
}

#[test]
fn the_first_token_is_asked_for_by_the_first_call() {
    let emulator = Emulator::start().unwrap();
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let client = Config::from(ClientCredentials::new(client_id, client_secret));
    let stage = stage_with(emulator, client.background_refresh(true));
    stage.tick(24 * HOUR);
    settle(&stage);
    assert_eq!(stage.emulator.token_requests(), 0);
    assert_eq!(stage.generation(), 1);
}

#[test]
fn a_key_has_no_timer() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.api_key("acme");
    let stage = stage_with(emulator, Config::from(ApiKey::new(key)).background_refresh(true));
    stage.tick(24 * HOUR);
    assert_eq!(stage.generation(), 1);
    assert_eq!(stage.machine.threads(), 0);
}

#[test]
fn one_thread_serves_all_sessions_and_ends_with_the_last() {
    let stage = stage();
    let config = |stage: &Stage| {
        let (id, secret) = stage.emulator.client_credentials("acme");
        let client = Config::from(ClientCredentials::new(id, secret)).workspace("acme");
        client.api_url(stage.emulator.api_url()).background_refresh(true)
    };
    let others: Vec<_> = (0..20).map(|_| open_in(stage.flights, &stage.machine, &config(&stage))).collect();
    settle(&stage);
    assert_eq!(stage.machine.running_threads(), 1);
    for session in &others {
        session.token().unwrap();
    }
    let before = stage.emulator.token_requests();
    stage.tick(FRESH + Duration::from_secs(1));
    stage.requests(before + 21);
    drop(others);
    settle(&stage);
    assert_eq!(stage.machine.running_threads(), 1);
    let Stage { machine, session, .. } = stage;
    let clone = session.clone();
    drop(session);
    assert_eq!(machine.running_threads(), 1);
    drop(clone);
    until(|| machine.running_threads() == 0);
}

#[test]
fn a_session_that_was_dropped_is_not_looked_after() {
    let stage = stage();
    let Stage { emulator, machine, flights, session, .. } = stage;
    drop(session);
    machine.pass(FRESH + Duration::from_secs(1));
    flights.timer.wake(&*machine);
    until(|| machine.running_threads() == 0);
    assert_eq!(emulator.token_requests(), 1);
}

#[test]
fn a_forked_child_has_a_thread_of_its_own_once_its_session_is_used() {
    let stage = stage();
    until(|| stage.machine.running_threads() == 1);
    let threads = stage.machine.threads();
    stage.machine.fork();
    stage.tick(NEARLY);
    assert_eq!(stage.machine.threads(), threads, "nobody has used it");
    assert_eq!(stage.generation(), 1);
    assert_eq!(stage.machine.threads(), threads + 1);
    stage.tick(Duration::from_secs(6));
    until(|| stage.held() == 2);
}

#[test]
fn an_end_ends_the_thread_and_the_next_call_brings_it_back() {
    let stage = stage();
    for _ in 0..3 {
        settle(&stage);
        stage.flights.timer.end(&*stage.machine);
        until(|| stage.machine.running_threads() == 0);
        stage.pass(Duration::from_secs(2));
        stage.generation();
        assert_eq!(stage.machine.running_threads(), 1);
    }
    stage.tick(FRESH);
    until(|| stage.held() == 2);
}

#[test]
fn without_a_thread_to_be_had_nobody_waits_as_long_as_the_token_is_valid() {
    let stage = stage();
    stage.flights.timer.end(&*stage.machine);
    stage.machine.refuse_threads();
    stage.emulator.fault(Fault::new(TOKENS).delay(AT_ONCE).times(1));
    stage.pass(FRESH + Duration::from_secs(1));
    served(&stage, 1);
    assert_eq!(stage.emulator.token_requests(), 1);
    stage.pass(Duration::from_secs(600));
    assert_eq!(stage.generation(), 2);
}

#[test]
fn a_token_that_was_refused_is_replaced() {
    let stage = stage();
    assert!(stage.session.invalidate(1));
    stage.look();
    until(|| stage.held() == 2);
    assert_eq!(stage.generation(), 2);
    assert_eq!(stage.emulator.token_requests(), 2);
}

impl Process {
    fn look(&self) {
        self.flights.timer.wake(&*self.machine);
    }

    fn held(&self) -> u64 {
        self.session.0.flight.cache.current().unwrap().generation()
    }
}

#[test]
fn eight_processes_with_a_timer_each_make_one_request_at_an_expiry() {
    for rotation in [Rotation::None, Rotation::Strict] {
        let world = World::empty(rotation);
        world.log_in(Duration::from_secs(7200));
        let processes: Vec<_> =
            (0..8).map(|_| world.process_with(&world.config().background_refresh(true))).collect();
        for expiry in 1..=5 {
            for process in &processes {
                process.machine.pass(FRESH + Duration::from_secs(1));
            }
            thread::scope(|scope| {
                for process in &processes {
                    scope.spawn(|| process.look());
                }
            });
            for process in &processes {
                until(|| process.held() == 1 + expiry);
            }
            assert_eq!((world.server.requests(), world.server.reuse()), (expiry, 0), "{rotation:?}");
        }
    }
}

#[test]
fn no_call_waits_for_the_renewal_of_a_login_either() {
    for passed in [FRESH + Duration::from_secs(1), Duration::from_secs(7200 - 20)] {
        let world = World::empty(Rotation::Strict);
        world.log_in(Duration::from_secs(7200));
        let process = world.process_with(&world.config().background_refresh(true));
        let (reached, go_on) = world.server.pause();
        process.machine.pass(passed);
        process.look();
        reached.recv().unwrap();
        let begun = Instant::now();
        assert_eq!(process.session.headers(URL).unwrap().generation(), 1);
        assert!(begun.elapsed() < AT_ONCE);
        go_on.send(()).unwrap();
        until(|| process.held() == 2);
        assert_eq!(world.server.requests(), 1);
    }
}

#[test]
fn a_login_that_is_over_when_it_is_opened_is_renewed_before_anybody_asks() {
    let world = World::with_login(Rotation::Strict);
    let process = world.process_with(&world.config().background_refresh(true));
    until(|| process.held() == 2);
    assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
}

#[test]
fn a_login_that_is_of_no_use_is_looked_after_seldom_and_a_new_one_is_found() {
    let world = World::empty(Rotation::Strict);
    world.log_in(Duration::from_secs(7200));
    let process = world.process_with(&world.config().background_refresh(true));
    world.server.next(Answer::InvalidGrant);
    process.machine.pass(FRESH + Duration::from_secs(1));
    process.look();
    until(|| world.record().failure.is_some());
    for _ in 0..50 {
        process.machine.pass(Duration::from_secs(1));
        process.look();
        assert_eq!(process.session.headers(URL).unwrap().generation(), 1);
    }
    let passed = FRESH + Duration::from_secs(1 + 50 + 700);
    process.machine.pass(Duration::from_secs(700));
    let error = process.session.headers(URL).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::Revoked), "{error}");
    assert_eq!(world.server.requests(), 1);
    world.log_in(passed + Duration::from_secs(7200));
    process.machine.pass(Duration::from_secs(61));
    process.look();
    until(|| process.held() == 2);
}
