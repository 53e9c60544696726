//! Clocks that jump by a day, that part, and that stand still: each rule that reads one, under each of these.

use std::sync::Arc;
use std::time::Duration;

use beamlit_emulator::Fault;

use crate::config::Environment;
use crate::error::ErrorKind;
use crate::platform::Rotation;
use crate::session::Session;
use crate::session::tests::login::World;
use crate::session::tests::login::server::Answer;
use crate::session::tests::machine::{Machine, until};
use crate::session::tests::{HOUR, Stage, TOKENS, background, flights, stage};

const DAY: Duration = Duration::from_secs(86_400);

/// What happens to the clocks of the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    /// The wall clock alone is set ahead.
    Ahead,
    /// The wall clock alone is set back.
    Back,
    /// The machine sleeps for a day.
    Sleep,
    /// The machine sleeps, and its wall clock did too.
    Part,
}

const EVENTS: [Event; 4] = [Event::Ahead, Event::Back, Event::Sleep, Event::Part];

impl Event {
    fn happens_to(self, machine: &Machine) {
        match self {
            Self::Ahead => machine.set_wall_ahead(DAY),
            Self::Back => machine.set_wall_back(DAY),
            Self::Sleep => machine.suspend(DAY),
            Self::Part => {
                machine.suspend(DAY);
                machine.set_wall_back(DAY);
            }
        }
    }

    /// The same, and what it is to the server.
    fn happens(self, stage: &Stage) {
        self.happens_to(&stage.machine);
        if self.takes_time() {
            stage.emulator.advance(i64::try_from(DAY.as_secs()).unwrap());
        }
    }

    fn takes_time(self) -> bool {
        matches!(self, Self::Sleep | Self::Part)
    }

    fn undone_for(self, machine: &Machine) {
        match self {
            Self::Ahead => machine.set_wall_back(DAY),
            Self::Back => machine.set_wall_ahead(DAY),
            Self::Sleep | Self::Part => {}
        }
    }
}

/// The requests that the server has got after calls over a few seconds.
fn requests(stage: &Stage) -> u64 {
    for _ in 0..4 {
        stage.session.token().unwrap();
        stage.pass(Duration::from_secs(2));
    }
    stage.emulator.token_requests()
}

#[test]
fn freshness_costs_one_renewal_at_most_and_one_more_when_the_clock_is_set_right() {
    for event in EVENTS {
        let stage = stage();
        assert_eq!(requests(&stage), 1);
        event.happens(&stage);
        assert_eq!(requests(&stage), 2, "{event:?}");
        event.undone_for(&stage.machine);
        assert_eq!(requests(&stage), if event.takes_time() { 2 } else { 3 }, "{event:?} undone");
    }
}

#[test]
fn a_short_sleep_costs_nothing() {
    let stage = stage();
    assert_eq!(requests(&stage), 1);
    stage.machine.suspend(Duration::from_secs(600));
    assert_eq!(requests(&stage), 1);
}

#[test]
fn a_back_off_lasts_as_long_as_it_would_by_no_wall_clock_and_ends_in_sleep() {
    for event in EVENTS {
        let stage = stage();
        stage.emulator.fault(Fault::new(TOKENS).status(503).times(1));
        assert_eq!(stage.token_error().kind(), ErrorKind::ServerUnavailable);
        event.happens(&stage);
        if event.takes_time() {
            assert_eq!(stage.generation(), 1, "{event:?}");
            continue;
        }
        let error = stage.token_error();
        assert!(error.retry_after().is_some_and(|left| left < Duration::from_secs(8)), "{event:?}: {error}");
        assert_eq!(stage.emulator.token_requests(), 1, "{event:?}");
        stage.pass(Duration::from_secs(8));
        assert_eq!(stage.generation(), 1, "{event:?}");
    }
}

#[test]
fn retry_after_is_obeyed_whatever_the_wall_clock_says_and_ends_in_sleep() {
    for event in EVENTS {
        let stage = stage();
        stage.emulator.fault(Fault::new(TOKENS).status(429).retry_after(120).times(1));
        assert_eq!(stage.token_error().kind(), ErrorKind::RateLimited);
        event.happens(&stage);
        if !event.takes_time() {
            stage.pass(Duration::from_secs(118));
            assert_eq!(stage.token_error().kind(), ErrorKind::RateLimited, "{event:?}");
            assert_eq!(stage.emulator.token_requests(), 1, "{event:?}");
            stage.pass(Duration::from_secs(3));
        }
        assert_eq!(stage.generation(), 1, "{event:?}");
    }
}

#[test]
fn min_valid_renews_once() {
    for event in EVENTS {
        let stage = stage();
        stage.session.token().unwrap();
        stage.pass(HOUR);
        event.happens(&stage);
        for min_valid in [Duration::from_secs(3000), Duration::from_secs(3500), Duration::from_secs(7000)] {
            stage.session.call().min_valid(min_valid).token().unwrap();
            assert_eq!(stage.emulator.token_requests(), 2, "{event:?}, {min_valid:?}");
        }
    }
}

#[test]
fn a_token_that_was_refused_before_is_renewed_once() {
    for event in EVENTS {
        let stage = stage();
        stage.session.token().unwrap();
        assert!(stage.session.invalidate(1));
        event.happens(&stage);
        assert_eq!(requests(&stage), 2, "{event:?}");
        assert!(!stage.session.invalidate(2), "{event:?}: it came of a 401 itself");
        assert_eq!(requests(&stage), 2, "{event:?}");
    }
}

#[test]
fn a_token_that_is_refused_afterwards_is_renewed_once() {
    for event in EVENTS {
        let stage = stage();
        stage.session.token().unwrap();
        event.happens(&stage);
        assert_eq!(requests(&stage), 2, "{event:?}");
        assert!(stage.session.invalidate(2), "{event:?}");
        assert_eq!(requests(&stage), 3, "{event:?}");
        assert!(!stage.session.invalidate(3), "{event:?}");
        stage.pass(Duration::from_secs(61));
        assert!(stage.session.invalidate(3), "{event:?}");
        assert_eq!(requests(&stage), 4, "{event:?}");
    }
}

#[test]
fn the_timer_costs_one_renewal_at_most_and_one_more_when_the_clock_is_set_right() {
    for event in EVENTS {
        let stage = background::stage();
        event.happens(&stage);
        stage.look();
        stage.requests(2);
        until(|| stage.held() == 2);
        event.undone_for(&stage.machine);
        let renewals = if event.takes_time() { 2 } else { 3 };
        stage.look();
        stage.requests(renewals);
        until(|| stage.held() == renewals);
        for _ in 0..5 {
            stage.tick(Duration::from_secs(2));
        }
        assert_eq!(stage.generation(), renewals, "{event:?}");
        assert_eq!(stage.emulator.token_requests(), renewals, "{event:?}");
    }
}

#[test]
fn the_timer_rests_whatever_the_wall_clock_says() {
    for event in EVENTS {
        let stage = background::stage();
        stage.emulator.fault(Fault::new(TOKENS).status(429).retry_after(300).times(1));
        stage.tick(Duration::from_secs(7200 - 590));
        stage.requests(2);
        until(|| stage.machine.running_threads() == 1);
        event.happens(&stage);
        if !event.takes_time() {
            for _ in 0..29 {
                stage.tick(Duration::from_secs(10));
            }
            assert_eq!(stage.emulator.token_requests(), 2, "{event:?}");
            stage.pass(Duration::from_secs(15));
        }
        stage.look();
        stage.requests(3);
        until(|| stage.held() == 2);
    }
}

/// A process of its own on this world's login, whose clocks this has happened to before.
fn process(world: &World, event: Option<Event>) -> (Arc<Machine>, Session) {
    let (machine, server) = (Arc::new(Machine::default()), Arc::clone(&world.server));
    if let Some(event) = event {
        event.happens_to(&machine);
    }
    let connect = Box::new(move |_: &_, _| Ok(server.door()));
    let environment = Environment::default();
    let session =
        Session::open_on(Arc::clone(&machine) as _, connect, flights(), &world.config(), &environment);
    (machine, session.unwrap())
}

#[test]
fn a_login_costs_one_renewal_at_most_however_many_processes_find_the_clock_changed() {
    for event in EVENTS {
        let world = World::empty(Rotation::Strict);
        world.log_in(HOUR);
        let (before, open) = process(&world, None);
        open.token().unwrap();
        assert_eq!(world.server.requests(), 0);
        // By the record alone, another boot clock is no other time.
        let renewals = u64::from(event != Event::Part);
        for round in 0..3 {
            let (_, session) = process(&world, Some(event));
            session.token().unwrap();
            assert_eq!(world.server.requests(), renewals, "{event:?}, process {round}");
        }
        // A session that was open all the time takes what the others have.
        event.happens_to(&before);
        before.pass(Duration::from_secs(2));
        open.token().unwrap();
        assert_eq!(world.server.requests(), 1, "{event:?}");
        assert_eq!(world.server.reuse(), 0);
    }
}

#[test]
fn a_failure_that_is_written_down_keeps_nobody_waiting_whose_clock_has_jumped() {
    for event in [Event::Ahead, Event::Back] {
        let world = World::with_login(Rotation::Strict);
        world.server.next(Answer::Busy);
        let (_, first) = process(&world, None);
        first.token().unwrap_err();
        let (_, second) = process(&world, None);
        second.token().unwrap_err();
        assert_eq!(world.server.requests(), 1, "they rest together");
        let (_, jumped) = process(&world, Some(event));
        jumped.token().unwrap();
        assert_eq!(world.server.requests(), 2, "{event:?}");
    }
}
