//! Many "processes" in one: each with its own session, connections and memory, on one store and one server.

pub(crate) mod server;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::chain::places;
use crate::config::{Config, Environment};
use crate::credential::RefreshToken;
use crate::error::{ErrorKind, Reason};
use crate::flight::Flights;
use crate::platform::Rotation;
use crate::record::{Claim, Failure, Record, State, millis};
use crate::renewal::Ledger;
use crate::secret::Secret;
use crate::session::Session;
use crate::session::tests::flights;
use crate::session::tests::login::server::{Answer, Server};
use crate::session::tests::machine::{Machine, until};
use crate::store::{Entry, Store, StoreError};
use crate::sys::{System, Unix, Work};

pub(super) const URL: &str = "http://127.0.0.1:9/v0/models";

/// One home, one login in it, one server.
pub(super) struct World {
    home: PathBuf,
    pub(super) server: Arc<Server>,
}

/// One process of that world.
pub(super) struct Process {
    pub(super) machine: Arc<Machine>,
    pub(super) flights: &'static Flights,
    pub(super) session: Session,
}

impl World {
    /// A login whose access token has ended.
    pub(super) fn with_login(rotation: Rotation) -> Self {
        let world = Self::empty(rotation);
        world.log_in(Duration::ZERO);
        world
    }

    /// Nobody is logged in.
    pub(super) fn empty(rotation: Rotation) -> Self {
        Self { home: temporary(), server: Arc::new(Server::new(rotation)) }
    }

    /// Somebody removes the files.
    #[expect(clippy::disallowed_methods, reason = "a test is that somebody")]
    pub(super) fn forget(&self) {
        std::fs::remove_dir_all(self.home.join("auth")).unwrap();
    }

    pub(super) fn log_in(&self, left: Duration) {
        let first = self.server.issue();
        let now = millis(Unix.wall());
        let rotation = self.server.rotation;
        let ledger = self.ledger();
        ledger
            .overwrite(&|former: &Record| {
                let mut record = Record::empty();
                record.state = State::Live;
                record.generation = former.generation + 1;
                record.kind = "device_code".to_owned();
                record.workspace = Some("acme".to_owned());
                record.client_id = Some("beamlit".to_owned());
                record.access_token = Some(Arc::new(Secret::new(format!("at-CANARY-{first}"))));
                record.refresh_token = Some(Arc::new(Secret::new(first.clone())));
                record.lifetime_ms = 7_200_000;
                record.issued_at_ms = now - 7_200_000 + millis(left);
                record.rotation = rotation;
                record
            })
            .unwrap();
    }

    pub(super) fn config(&self) -> Config {
        let store = format!("file:{}", self.home.join("auth").display());
        Config::new().workspace("acme").api_url("http://127.0.0.1:9/v0").store(store)
    }

    fn ledger(&self) -> Ledger {
        self.ledger_on(Arc::new(Unix))
    }

    fn ledger_on(&self, system: Arc<dyn System>) -> Ledger {
        let settings = self.config().settle(&Environment::default()).unwrap();
        let store = settings.store.open(&system).unwrap();
        Ledger::new(store, places::key(&settings, None, Some("acme")), system)
    }

    /// Writes the record anew, as another process might.
    pub(super) fn change(&self, change: impl Fn(&mut Record)) {
        let write = |former: &Record| {
            let mut record = former.clone();
            change(&mut record);
            record
        };
        self.ledger().overwrite(&write).unwrap();
    }

    pub(super) fn record(&self) -> Record {
        self.ledger().read().unwrap().0
    }

    fn process(&self) -> Process {
        self.process_with(&self.config())
    }

    pub(super) fn process_with(&self, config: &Config) -> Process {
        let machine = Arc::new(Machine::default());
        let server = Arc::clone(&self.server);
        let connect = Box::new(move |_: &_, _| Ok(server.door()));
        let (flights, environment) = (flights(), Environment::default());
        let session = Session::open_on(Arc::clone(&machine) as _, connect, flights, config, &environment);
        Process { machine, flights, session: session.unwrap() }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "a test tidies up")]
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test makes its own home")]
pub(crate) fn temporary() -> PathBuf {
    let home = std::env::temp_dir().join(format!("beamlit-auth-{:016x}", Unix.random().unwrap()));
    std::fs::create_dir(&home).unwrap();
    home
}

#[test]
fn sixteen_processes_of_four_threads_make_one_request_and_all_are_served() {
    for rotation in [Rotation::None, Rotation::Grace(60), Rotation::Strict] {
        let world = World::with_login(rotation);
        let processes: Vec<Process> = (0..16).map(|_| world.process()).collect();
        for expiry in 1..=5 {
            thread::scope(|scope| {
                let calls: Vec<_> = (0..64)
                    .map(|i| {
                        let session = &processes[i % 16].session;
                        scope.spawn(move || session.headers(URL).unwrap().generation())
                    })
                    .collect();
                for call in calls {
                    assert_eq!(call.join().unwrap(), 1 + expiry);
                }
            });
            assert_eq!(world.server.requests(), expiry, "{rotation:?}");
            assert_eq!(world.server.reuse(), 0);
            for process in &processes {
                // A token that came of a 401 is not renewed for another one within a minute.
                process.machine.pass(Duration::from_secs(61));
                assert!(process.session.invalidate(1 + expiry));
            }
        }
    }
}

#[test]
fn a_lost_answer_is_replayed_where_the_token_stays_good_and_nowhere_else() {
    for (rotation, survives) in [(Rotation::None, true), (Rotation::Strict, false)] {
        let world = World::with_login(rotation);
        let process = world.process();
        world.server.next(Answer::Lost);
        let first = process.session.headers(URL).unwrap_err();
        assert_eq!(first.kind(), ErrorKind::NetworkError, "{first}");
        process.machine.pass(Duration::from_secs(30));
        let second = process.session.headers(URL);
        if survives {
            assert_eq!(second.unwrap().generation(), 2);
        } else {
            let error = second.unwrap_err();
            assert_eq!(error.reason(), Some(Reason::RefreshOutcomeUnknown), "{error}");
            let other = world.process();
            other.machine.pass(Duration::from_secs(30));
            let other = other.session.headers(URL).unwrap_err();
            assert_eq!(other.reason(), Some(Reason::RefreshOutcomeUnknown), "{other}");
            assert_eq!(world.server.requests(), 1, "nothing sends that token again");
        }
        assert_eq!(world.server.reuse(), 0);
    }
}

#[test]
fn grace_replays_a_lost_answer_within_its_time_only() {
    let world = World::with_login(Rotation::Grace(120));
    let process = world.process();
    world.server.next(Answer::Lost);
    process.session.headers(URL).unwrap_err();
    process.machine.pass(Duration::from_secs(30));
    assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
    let late = World::with_login(Rotation::Grace(60));
    let process = late.process();
    late.server.next(Answer::Lost);
    process.session.headers(URL).unwrap_err();
    process.machine.pass(Duration::from_secs(61));
    assert_eq!(process.session.headers(URL).unwrap_err().reason(), Some(Reason::RefreshOutcomeUnknown));
    assert_eq!(late.server.reuse(), 0);
}

#[test]
fn what_was_never_sent_or_refused_for_now_leaves_the_login_unspent() {
    for answer in [Answer::NotConnected, Answer::NotSent, Answer::Busy, Answer::BadRequest] {
        let world = World::with_login(Rotation::Strict);
        let process = world.process();
        world.server.next(answer);
        process.session.headers(URL).unwrap_err();
        assert!(world.record().claim.is_none(), "{answer:?}");
        process.machine.pass(Duration::from_secs(4000));
        assert_eq!(process.session.headers(URL).unwrap().generation(), 2, "{answer:?}");
        assert_eq!(world.server.reuse(), 0);
    }
}

#[test]
fn a_refusal_ends_the_login_and_a_new_login_mends_the_open_session() {
    let world = World::with_login(Rotation::Strict);
    let process = world.process();
    world.server.next(Answer::InvalidGrant);
    let error = process.session.headers(URL).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::Revoked), "{error}");
    assert_eq!(world.record().state, State::Dead);
    world.log_in(Duration::from_secs(7200));
    process.machine.pass(Duration::from_secs(2));
    assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
}

#[test]
fn a_login_while_a_renewal_is_under_way_wins() {
    let world = World::with_login(Rotation::Strict);
    let process = world.process();
    let (reached, go_on) = world.server.pause();
    thread::scope(|scope| {
        let call = scope.spawn(|| process.session.headers(URL).unwrap().generation());
        reached.recv().unwrap();
        world.log_in(Duration::from_secs(7200));
        go_on.send(()).unwrap();
        assert_eq!(call.join().unwrap(), 2);
    });
    let record = world.record();
    assert_eq!((record.generation, record.claim.is_none()), (2, true), "the late answer was dropped");
}

#[test]
fn a_failure_is_shared_by_all_processes_and_the_server_asked_once() {
    let world = World::with_login(Rotation::None);
    world.server.always(Answer::Unavailable);
    let processes: Vec<Process> = (0..8).map(|_| world.process()).collect();
    for process in &processes {
        assert_eq!(process.session.headers(URL).unwrap_err().kind(), ErrorKind::ServerUnavailable);
    }
    assert_eq!(world.server.requests(), 1);
    world.server.always(Answer::Good);
    for process in &processes {
        process.machine.pass(Duration::from_secs(10));
        assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
    }
    assert_eq!(world.server.requests(), 2);
}

/// Time passes for all of them, in steps in which each of them comes to look.
fn pass(processes: &[&Process], time: Duration) {
    let step = Duration::from_millis(250);
    for _ in 0..time.as_millis() / step.as_millis() {
        for process in processes {
            process.machine.pass(step);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn who_goes_on_without_the_lock_lets_the_owner_of_a_claim_say_how_it_ended() {
    let world = World::with_login(Rotation::None);
    let (first, second) = (world.process(), world.process());
    world.server.next(Answer::Lost);
    let (reached, go_on) = world.server.pause();
    thread::scope(|scope| {
        let owned = scope.spawn(|| first.session.headers(URL).unwrap_err());
        reached.recv().unwrap();
        let waited = scope.spawn(|| second.session.call().timeout(Duration::from_secs(120)).headers(URL));
        // Longer than the lock is waited for, and longer than a request takes.
        pass(&[&first, &second], Duration::from_millis(21_500));
        assert_eq!(world.server.requests(), 1, "two requests at once");
        go_on.send(()).unwrap();
        assert_eq!(owned.join().unwrap().kind(), ErrorKind::NetworkError);
        assert_eq!(waited.join().unwrap().unwrap_err().message(), "the answer was lost");
    });
    assert_eq!(world.server.requests(), 1);
    pass(&[&second], Duration::from_secs(7));
    assert_eq!(second.session.headers(URL).unwrap().generation(), 2);
}

/// Somebody's claim on the record's token, written at `now`.
fn claim_on(record: &Record, now: u64) -> Claim {
    Claim {
        id: "somebody".to_owned(),
        token: record.refresh_token.as_ref().unwrap().digest(),
        first_ms: now,
        sent_at_ms: now,
        boot: None,
        first_up_ms: millis(Unix.boot()),
        own: None,
    }
}

#[test]
fn what_others_note_beside_a_claim_does_not_cost_its_answer() {
    for answer in [Answer::Good, Answer::Busy, Answer::InvalidGrant] {
        let world = World::with_login(Rotation::Strict);
        let process = world.process();
        world.server.next(answer);
        let (reached, go_on) = world.server.pause();
        thread::scope(|scope| {
            let call = scope.spawn(|| process.session.headers(URL).is_ok());
            reached.recv().unwrap();
            // A process that took its owner for gone, and reached no server.
            world.change(|record| {
                let until_ms = millis(Unix.wall()) + 5000;
                let (kind, message) = ("network_error".to_owned(), "no connection".to_owned());
                record.failure = Some(Failure { at_ms: until_ms - 5000, until_ms, count: 1, kind, message });
                record.remember(["a candidate's digest".to_owned()]);
            });
            go_on.send(()).unwrap();
            assert_eq!(call.join().unwrap(), answer == Answer::Good, "{answer:?}");
        });
        let record = world.record();
        assert!(record.claim.is_none(), "{answer:?}");
        assert!(record.known.iter().any(|known| known == "a candidate's digest"), "{answer:?}");
        assert_eq!(record.generation == 2, answer == Answer::Good, "{answer:?}");
        assert_eq!(record.state == State::Dead, answer == Answer::InvalidGrant, "{answer:?}");
    }
}

/// A store whose next reader is stopped after it has read, or whose next writer after it has written, while something else
/// happens.
struct Stopping {
    store: Box<dyn Store>,
    reader: Arc<Mutex<Option<Work>>>,
    writer: Arc<Mutex<Option<Work>>>,
}

impl Stopping {
    fn meanwhile(work: &Mutex<Option<Work>>) {
        let work = work.lock().unwrap().take();
        if let Some(work) = work {
            work();
        }
    }
}

impl Store for Stopping {
    fn name(&self) -> &str {
        self.store.name()
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let found = self.store.read(key);
        Self::meanwhile(&self.reader);
        found
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        let written = self.store.write(key, entry);
        Self::meanwhile(&self.writer);
        written
    }

    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
        self.store.delete(key, version)
    }
}

impl World {
    /// A process that can be stopped amid a read, and amid a write.
    fn process_that_stops(&self) -> (Process, [Arc<Mutex<Option<Work>>>; 2]) {
        let store = crate::store::open(&format!("file:{}", self.home.join("auth").display())).unwrap();
        let [reader, writer] = [const { None }; 2].map(|none| Arc::new(Mutex::new(none)));
        let stopping = Stopping { store, reader: Arc::clone(&reader), writer: Arc::clone(&writer) };
        (self.process_with(&self.config().store(stopping)), [reader, writer])
    }
}

#[test]
fn a_claim_that_others_write_beside_before_it_is_read_back_stands() {
    let world = Arc::new(World::with_login(Rotation::Strict));
    let (process, [_, writer]) = world.process_that_stops();
    let others = Arc::clone(&world);
    *writer.lock().unwrap() = Some(Box::new(move || others.change(|record| record.asked.push_str("noted"))));
    assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
    assert_eq!((world.server.requests(), world.server.reuse()), (1, 0));
    assert!(world.record().claim.is_none());
}

#[test]
fn who_is_stopped_between_a_look_and_its_verdict_looks_again() {
    let world = Arc::new(World::with_login(Rotation::Strict));
    world.change(|record| record.claim = Some(claim_on(record, millis(Unix.wall()))));
    let (process, [stop, _]) = world.process_that_stops();
    let (others, machine) = (Arc::clone(&world), Arc::clone(&process.machine));
    *stop.lock().unwrap() = Some(Box::new(move || {
        others.change(|record| {
            record.claim = None;
            record.generation += 1;
            record.issued_at_ms = millis(Unix.wall());
        });
        // The claim that was read is old by now.
        machine.pass(Duration::from_secs(30));
    }));
    assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
    assert_eq!(world.server.requests(), 0);
}

#[test]
fn what_a_killed_process_sent_is_sent_again_after_five_seconds() {
    for left in [Duration::ZERO, Duration::from_secs(600)] {
        let world = World::with_login(Rotation::None);
        world.log_in(left);
        let now = millis(Unix.wall());
        world.change(|record| {
            record.claim = Some(Claim { boot: Some(Unix.boot_id()), ..claim_on(record, now) });
        });
        let process = world.process();
        if left.is_zero() {
            thread::scope(|scope| {
                let waited = scope.spawn(|| process.session.headers(URL).unwrap().generation());
                pass(&[&process], Duration::from_secs(3));
                assert_eq!(world.server.requests(), 0);
                process.machine.pass(Duration::from_secs(3));
                assert_eq!(waited.join().unwrap(), 3);
            });
        } else {
            // What is valid is served at once.
            assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
            assert_eq!(world.server.requests(), 0);
            process.machine.pass(Duration::from_secs(6));
            assert_eq!(process.session.headers(URL).unwrap().generation(), 3);
        }
        assert_eq!(world.server.requests(), 1);
    }
}

#[test]
fn whose_token_was_refused_waits_out_the_rest_of_what_a_killed_process_sent() {
    let world = World::empty(Rotation::None);
    world.log_in(Duration::from_secs(7200));
    let process = world.process();
    assert_eq!(process.session.headers(URL).unwrap().generation(), 1);
    let now = millis(Unix.wall());
    world.change(|record| {
        record.claim = Some(Claim { boot: Some(Unix.boot_id()), ..claim_on(record, now) });
    });
    assert!(process.session.invalidate(1));
    thread::scope(|scope| {
        let waited = scope.spawn(|| process.session.headers(URL));
        pass(&[&process], Duration::from_secs(3));
        assert_eq!(world.server.requests(), 0);
        process.machine.pass(Duration::from_secs(3));
        assert_eq!(waited.join().unwrap().unwrap().generation(), 2);
    });
    assert_eq!(world.server.requests(), 1);
}

#[test]
fn what_stands_although_its_write_failed_is_no_failure() {
    let world = World::with_login(Rotation::Strict);
    let machine = Arc::new(Machine::default());
    let ledger = world.ledger_on(Arc::clone(&machine) as _);
    let newer = |former: &Record| {
        let mut record = former.clone();
        record.generation += 1;
        record
    };
    machine.fail_syncs(1);
    assert_eq!(ledger.overwrite(&newer).unwrap().id, world.record().id);
    assert_eq!(world.record().generation, 2);
    machine.fill_disk(true);
    let error = ledger.overwrite(&newer).err().unwrap();
    assert_eq!((error.kind(), world.record().generation), (ErrorKind::StoreUnavailable, 2));
}

#[test]
fn logout_ends_the_login_for_everybody_and_says_what_it_did() {
    let world = World::with_login(Rotation::Strict);
    let (one, other) = (world.process(), world.process());
    let logout = one.session.logout().unwrap();
    assert_eq!((logout.revoked, logout.deleted), (false, true));
    for process in [&one, &other] {
        let error = process.session.headers(URL).unwrap_err();
        assert_eq!(error.reason(), Some(Reason::LoggedOut), "{error}");
    }
    let record = world.record();
    assert!(record.refresh_token.is_none() && !record.known.is_empty());
    assert_eq!(world.server.requests(), 0);
}

#[test]
fn a_refresh_token_in_memory_is_spent_by_the_process_that_made_the_session_alone() {
    for (rotation, setting, shared) in [(Rotation::None, "none", true), (Rotation::Strict, "strict", false)] {
        let world = World::empty(rotation);
        let config = world.config().credential(RefreshToken::new(world.server.issue())).rotation(setting);
        let process = world.process_with(&config);
        assert_eq!(process.session.headers(URL).unwrap().generation(), 1);
        process.machine.fork();
        assert_eq!(process.session.headers(URL).unwrap().generation(), 1, "a child has its parent's token");
        process.session.invalidate(1);
        let renewed = process.session.headers(URL);
        if shared {
            assert_eq!(renewed.unwrap().generation(), 2);
        } else {
            let error = renewed.unwrap_err();
            assert_eq!(error.reason(), Some(Reason::StoreReadOnly), "{error}");
        }
        assert_eq!(world.server.reuse(), 0, "{setting}");
    }
}

#[test]
fn a_refresh_token_of_the_callers_own_that_is_refused_is_an_invalid_grant() {
    for setting in ["none", "strict"] {
        let world = World::empty(Rotation::None);
        world.server.always(Answer::InvalidGrant);
        let config = world.config().credential(RefreshToken::new("rt-CANARY")).rotation(setting);
        let process = world.process_with(&config);
        for seconds in [0, 61] {
            process.machine.pass(Duration::from_secs(seconds));
            let error = process.session.headers(URL).unwrap_err();
            assert_eq!((error.kind(), error.reason()), (ErrorKind::InvalidGrant, None), "{error}");
            assert!(!error.message().contains("login") && !error.message().contains("CANARY"), "{error}");
            let answered = (Some("invalid_grant"), Some(400));
            let expected = if seconds == 0 { answered } else { (None, None) };
            assert_eq!((error.oauth_error(), error.http_status()), expected);
        }
        assert_eq!(world.server.requests(), 1, "it is not sent again");
    }
}

#[test]
fn a_claim_whose_write_failed_although_it_stands_is_taken_back() {
    for failing in [1, 2] {
        let world = World::with_login(Rotation::Strict);
        let process = world.process();
        process.machine.fail_syncs(failing);
        let error = process.session.headers(URL).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreUnavailable, "{error}");
        until(|| world.record().claim.is_none());
        assert_eq!(world.server.requests(), 0, "no claim, no request");
        process.machine.pass(Duration::from_secs(30));
        assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
        assert_eq!(world.server.reuse(), 0);
    }
}

#[test]
fn an_answer_whose_write_failed_is_served_and_written_until_it_is_on_the_disk() {
    let world = World::with_login(Rotation::Strict);
    let process = world.process();
    let (reached, go_on) = world.server.pause();
    thread::scope(|scope| {
        let call = scope.spawn(|| process.session.headers(URL).unwrap().generation());
        reached.recv().unwrap();
        process.machine.fail_syncs(2);
        go_on.send(()).unwrap();
        assert_eq!(call.join().unwrap(), 2);
    });
    until(|| process.machine.failing_syncs() == 0);
    until(|| world.record().generation == 2 && world.record().claim.is_none());
    assert_eq!(world.process().session.headers(URL).unwrap().generation(), 2);
    assert_eq!((world.server.requests(), world.server.reuse()), (1, 0));
}

#[test]
fn an_answer_that_is_written_late_does_not_bring_back_what_a_logout_ended() {
    let world = World::with_login(Rotation::Strict);
    let (process, other) = (world.process(), world.process());
    let (reached, go_on) = world.server.pause();
    thread::scope(|scope| {
        let call = scope.spawn(|| process.session.headers(URL).unwrap().generation());
        reached.recv().unwrap();
        process.machine.fail_syncs(3);
        go_on.send(()).unwrap();
        call.join().unwrap();
    });
    other.session.logout().unwrap();
    until(|| process.machine.failing_syncs() == 0 || world.record().state == State::LoggedOut);
    process.machine.pass(Duration::from_secs(61));
    process.session.invalidate(2);
    let error = process.session.headers(URL).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::LoggedOut), "{error}");
    assert_eq!(world.record().state, State::LoggedOut);
}

#[test]
fn grace_is_over_when_either_clock_says_so() {
    let world = World::with_login(Rotation::Grace(120));
    let process = world.process();
    world.server.next(Answer::Lost);
    process.session.headers(URL).unwrap_err();
    process.machine.pass(Duration::from_secs(121));
    process.machine.set_wall_back(Duration::from_secs(100));
    let error = process.session.headers(URL).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::RefreshOutcomeUnknown), "{error}");
    assert_eq!(world.server.requests(), 1);
}

#[test]
fn a_newer_token_of_a_dead_login_is_served_to_its_end() {
    let world = World::with_login(Rotation::Strict);
    let process = world.process();
    world.log_in(Duration::from_secs(3000));
    world.change(|record| record.state = State::Dead);
    assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
    process.machine.pass(Duration::from_secs(3001));
    assert_eq!(process.session.headers(URL).unwrap_err().reason(), Some(Reason::Revoked));
    assert_eq!(world.server.requests(), 0);
}

#[test]
fn a_dead_login_is_tried_again_once_in_ten_minutes_where_tokens_stay_good() {
    let world = World::with_login(Rotation::None);
    let process = world.process();
    let ask = |seconds| {
        process.machine.pass(Duration::from_secs(seconds));
        process.session.headers(URL)
    };
    world.server.next(Answer::InvalidGrant);
    assert_eq!(ask(0).unwrap_err().reason(), Some(Reason::Revoked));
    assert_eq!(ask(590).unwrap_err().reason(), Some(Reason::Revoked));
    assert_eq!(world.server.requests(), 1);
    world.server.next(Answer::Unavailable);
    assert_eq!(ask(20).unwrap_err().kind(), ErrorKind::ServerUnavailable);
    assert_eq!(ask(590).unwrap_err().reason(), Some(Reason::Revoked));
    assert_eq!(world.server.requests(), 2);
    assert_eq!(ask(20).unwrap().generation(), 2);
}

#[test]
fn a_clock_that_was_set_back_does_not_keep_a_dead_login_dead() {
    let world = World::with_login(Rotation::None);
    let process = world.process();
    world.server.next(Answer::InvalidGrant);
    process.session.headers(URL).unwrap_err();
    process.machine.pass(Duration::from_secs(2));
    process.machine.set_wall_back(Duration::from_secs(86_400));
    assert_eq!(process.session.headers(URL).unwrap().generation(), 2);
}

#[test]
fn a_session_that_asks_for_another_rotation_than_the_logins_is_refused() {
    let world = World::with_login(Rotation::Strict);
    let open = |rotation: &str| {
        let connect = Box::new(|_: &_, _| unreachable!("opening asks nobody"));
        let connect: crate::flight::Connect = connect;
        let config = world.config().rotation(rotation);
        Session::open_on(Arc::new(Unix), connect, flights(), &config, &Environment::default()).map(drop)
    };
    let error = open("none").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
    assert!(error.message().contains("strict"), "{error}");
}

#[test]
fn a_token_of_another_process_that_does_not_last_long_enough_is_renewed() {
    let world = World::with_login(Rotation::Strict);
    let process = world.process();
    world.log_in(Duration::from_secs(2000));
    let token = process.session.call().min_valid(Duration::from_secs(3000)).token().unwrap();
    assert_eq!(token.generation(), 3);
    assert_eq!(world.server.requests(), 1);
}
