//! Several sessions of one login in one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::config::{Config, Environment};
use crate::credential::RefreshToken;
use crate::error::{ErrorKind, Reason};
use crate::flight::Flights;
use crate::platform::Rotation;
use crate::session::Session;
use crate::session::tests::flights;
use crate::session::tests::login::{URL, World};
use crate::session::tests::machine::{Machine, until};

/// One process that opens many sessions.
struct Opener {
    world: World,
    machine: Arc<Machine>,
    flights: &'static Flights,
    doors: Arc<AtomicUsize>,
}

impl Opener {
    fn new() -> Self {
        Self::of(World::with_login(Rotation::Strict))
    }

    fn of(world: World) -> Self {
        Self { world, machine: Arc::default(), flights: flights(), doors: Arc::default() }
    }

    fn open(&self) -> Session {
        self.open_with(&self.world.config())
    }

    fn open_with(&self, config: &Config) -> Session {
        let (server, doors) = (Arc::clone(&self.world.server), Arc::clone(&self.doors));
        let connect = Box::new(move |_: &_, _| {
            doors.fetch_add(1, Ordering::SeqCst);
            Ok(server.door())
        });
        let (system, environment) = (Arc::clone(&self.machine) as _, Environment::default());
        Session::open_on(system, connect, self.flights, config, &environment).unwrap()
    }
}

fn generation(session: &Session) -> u64 {
    session.headers(URL).unwrap().generation()
}

#[test]
fn a_thousand_sessions_of_one_login_make_one_renewal_through_one_door() {
    let opener = Opener::new();
    let sessions: Vec<_> = (0..1000).map(|_| opener.open()).collect();
    thread::scope(|scope| {
        let calls: Vec<_> =
            sessions.iter().step_by(20).map(|session| scope.spawn(|| generation(session))).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), 2);
        }
    });
    assert!(sessions.iter().all(|session| generation(session) == 2));
    assert_eq!((opener.world.server.requests(), opener.doors.load(Ordering::SeqCst)), (1, 1));
}

#[test]
fn the_last_session_to_go_takes_the_tokens_with_it() {
    let opener = Opener::new();
    let (one, other) = (opener.open(), opener.open());
    generation(&one);
    let flight = Arc::downgrade(&one.0.flight);
    drop(one);
    until(|| flight.strong_count() == 1);
    assert_eq!(generation(&other), 2);
    drop(other);
    until(|| flight.strong_count() == 0);
    assert_eq!((generation(&opener.open()), opener.world.server.requests()), (2, 1), "the store has it");
}

#[test]
fn a_session_that_is_cancelled_ends_its_own_waits_alone() {
    let opener = Opener::new();
    let (one, other) = (opener.open(), opener.open());
    let (reached, go_on) = opener.world.server.pause();
    let waits = [(); 2].map(|()| AtomicBool::new(false));
    let told = |waits: &AtomicBool| {
        waits.store(true, Ordering::SeqCst);
        true
    };
    thread::scope(|scope| {
        let ended = scope.spawn(|| one.call().while_waiting(&|| told(&waits[0])).token());
        let served = scope.spawn(|| other.call().while_waiting(&|| told(&waits[1])).token());
        reached.recv().unwrap();
        until(|| waits.iter().all(|waits| waits.load(Ordering::SeqCst)));
        one.clone().cancel();
        assert_eq!(ended.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
        go_on.send(()).unwrap();
        assert_eq!(served.join().unwrap().unwrap().generation(), 2);
    });
}

#[test]
fn what_a_session_finds_when_it_opens_serves_those_that_were_there() {
    let opener = Opener::new();
    let old = opener.open();
    assert_eq!(generation(&old), 2);
    opener.world.log_in(Duration::from_secs(7200));
    let new = opener.open();
    assert_eq!((generation(&new), generation(&old)), (3, 3));
    assert_eq!(opener.world.server.requests(), 1);
}

#[test]
fn a_login_that_begins_anew_in_the_same_place_is_another_one() {
    let opener = Opener::new();
    let old = opener.open();
    assert_eq!(generation(&old), 2);
    let first = old.token().unwrap();
    opener.world.forget();
    opener.world.log_in(Duration::from_secs(7200));
    let new = opener.open();
    assert_eq!(generation(&new), 1);
    assert_ne!(new.token().unwrap().reveal(), first.reveal());
    assert_eq!(generation(&old), 2, "its token is good to its end");
}

#[test]
fn a_record_that_says_otherwise_than_the_session_that_is_there_is_believed() {
    let opener = Opener::new();
    let old = opener.open();
    assert_eq!(generation(&old), 2);
    opener.world.change(|record| record.issued_at_ms -= record.lifetime_ms);
    assert_eq!((generation(&opener.open()), generation(&old)), (3, 2));
}

#[test]
fn an_answer_that_is_not_written_down_yet_serves_new_sessions_too() {
    let opener = Opener::new();
    let old = opener.open();
    let (reached, go_on) = opener.world.server.pause();
    thread::scope(|scope| {
        let call = scope.spawn(|| generation(&old));
        reached.recv().unwrap();
        opener.machine.fill_disk(true);
        go_on.send(()).unwrap();
        assert_eq!(call.join().unwrap(), 2);
    });
    assert_eq!(generation(&opener.open()), 2);
    opener.machine.fill_disk(false);
    until(|| opener.world.record().generation == 2);
    assert_eq!(opener.world.server.requests(), 1);
}

#[test]
fn other_settings_have_headers_and_connections_of_their_own() {
    let opener = Opener::new();
    let plain = opener.open();
    let other = opener.open_with(&opener.world.config().header("X-Beamlit-Authorization"));
    let patient = opener.open_with(&opener.world.config().timeout(Duration::from_secs(7)));
    let name = |session: &Session| session.headers(URL).unwrap().iter().next().unwrap().0.to_owned();
    assert_eq!(
        (name(&plain), name(&other)),
        ("Authorization".to_owned(), "X-Beamlit-Authorization".to_owned())
    );
    assert!(Arc::ptr_eq(&plain.0.flight, &patient.0.flight), "a time limit is the caller's own");
    assert_eq!((opener.doors.load(Ordering::SeqCst), opener.world.server.requests()), (2, 1));
}

#[test]
fn a_session_without_a_timer_profits_from_one_that_has_it() {
    let opener = Opener::of(World::empty(Rotation::Strict));
    opener.world.log_in(Duration::from_secs(7200));
    let plain = opener.open();
    let tended = opener.open_with(&opener.world.config().background_refresh(true));
    assert!(Arc::ptr_eq(&plain.0.flight, &tended.0.flight));
    for due in 2..4 {
        opener.machine.pass(Duration::from_secs(7200 - 599));
        opener.flights.timer.wake(&*opener.machine);
        until(|| generation(&plain) == due);
    }
    drop(tended);
    until(|| opener.machine.running_threads() == 0);
    opener.machine.pass(Duration::from_secs(7200 - 599));
    assert_eq!((generation(&plain), opener.world.server.requests()), (4, 3));
}

#[test]
fn a_login_that_the_caller_brought_is_not_shared() {
    let opener = Opener::of(World::empty(Rotation::None));
    let config =
        opener.world.config().credential(RefreshToken::new(opener.world.server.issue())).rotation("none");
    let (one, other) = (opener.open_with(&config), opener.open_with(&config));
    assert!(!Arc::ptr_eq(&one.0.flight, &other.0.flight));
}

#[test]
fn a_logout_ends_every_session_of_the_login_and_a_login_mends_them() {
    let opener = Opener::new();
    let (one, other) = (opener.open(), opener.open());
    assert_eq!(generation(&other), 2);
    one.logout().unwrap();
    for session in [&one, &other] {
        assert_eq!(session.headers(URL).unwrap_err().reason(), Some(Reason::LoggedOut));
    }
    opener.world.log_in(Duration::from_secs(7200));
    // The new session brings what the old ones find no earlier than a second later.
    assert_eq!(generation(&opener.open()), 3);
    assert_eq!((generation(&one), generation(&other)), (3, 3));
}

#[test]
fn a_new_login_that_has_expired_already_is_renewed_at_once() {
    let opener = Opener::new();
    let old = opener.open();
    old.logout().unwrap();
    assert_eq!(old.headers(URL).unwrap_err().reason(), Some(Reason::LoggedOut));
    opener.world.log_in(Duration::ZERO);
    let new = opener.open();
    assert!(generation(&new) > 1 && generation(&old) == generation(&new));
    assert_eq!(opener.world.server.requests(), 1);
}

#[test]
fn a_forked_child_opens_sessions_of_its_own() {
    let opener = Opener::new();
    let parents = opener.open();
    assert_eq!(generation(&parents), 2);
    opener.machine.fork();
    let (one, other) = (opener.open(), opener.open());
    assert!(!Arc::ptr_eq(&parents.0.flight, &one.0.flight) && Arc::ptr_eq(&one.0.flight, &other.0.flight));
    assert_eq!((generation(&one), generation(&parents)), (2, 2));
}
