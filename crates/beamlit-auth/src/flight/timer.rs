//! The timer: has tokens renewed when they are due although nobody asks for them, for the sessions that want this.
//!
//! One thread of a process looks after all of them. It waits for no renewal: each runs where any other does.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::flight::state::State;
use crate::flight::{Flight, Tower};
use crate::sys::{Condvar, Mutex, Own, PerProcess, System, is_ending};
use crate::token::{Freshness, Moment};

/// The clocks are looked at this often, because no wait measures how long the machine sleeps or how far its wall clock
/// jumps.
const LOOK: Duration = Duration::from_secs(10);
/// How long an end waits for the thread, which itself waits for nobody.
const END: Duration = Duration::from_secs(1);

/// The timer of every process.
pub(crate) struct Timer(PerProcess<Desk>);

/// The timer of one process.
pub(crate) struct Desk {
    roster: Mutex<Roster>,
    changed: Condvar,
    /// Whether the thread is there. Changed under the roster's lock alone.
    running: AtomicBool,
}

struct Roster {
    flights: Vec<Weak<Flight>>,
    /// Whether there is something to look at before its time.
    woken: bool,
    /// Whether the thread is to end.
    ending: bool,
}

/// A session's wish that its token be looked after, as long as it lives.
pub(crate) struct Tending {
    flight: Arc<Flight>,
    timer: &'static Timer,
}

impl Tending {
    pub(crate) fn begin(flight: Arc<Flight>, timer: &'static Timer) -> Self {
        flight.tending.fetch_add(1, Ordering::SeqCst);
        timer.take_on(&flight);
        Self { flight, timer }
    }

    /// Sees to it that the thread is there. It is not in a forked child, nor after a shutdown.
    pub(crate) fn go_on(&self) {
        if !self.flight.desk().is_some_and(|desk| desk.1.running.load(Ordering::SeqCst)) {
            self.timer.take_on(&self.flight);
        }
    }
}

impl Drop for Tending {
    fn drop(&mut self) {
        self.flight.tending.fetch_sub(1, Ordering::SeqCst);
        self.timer.wake(&*self.flight.system);
    }
}

impl Timer {
    pub(crate) const fn new() -> Self {
        Self(PerProcess::empty())
    }

    /// Looks after `flight` as long as some session wants that. Where there is no thread to be had for it, calls begin
    /// the renewals. Nothing is taken on while the process may be about to end.
    fn take_on(&self, flight: &Arc<Flight>) {
        if is_ending(&*flight.system) {
            return;
        }
        let system = Arc::clone(&flight.system);
        let desk = self.desk(&*system);
        let mut roster = desk.1.roster.lock();
        if !roster.flights.iter().any(|known| known.as_ptr() == Arc::as_ptr(flight)) {
            roster.flights.push(Arc::downgrade(flight));
        }
        if desk.1.running.load(Ordering::SeqCst) {
            desk.1.wake_with(&mut roster);
        } else {
            roster.ending = false;
            let own = Arc::clone(&desk);
            let begun = system.spawn_lasting("beamlit-timer", Box::new(move || own.1.work()));
            desk.1.running.store(begun.is_ok(), Ordering::SeqCst);
        }
        drop(roster);
        flight.tended_at(desk);
    }

    /// Has everything looked at now.
    pub(crate) fn wake(&self, system: &dyn System) {
        self.desk(system).1.wake();
    }

    /// Ends the thread of this process and waits until it has ended. The next call on a session brings it back.
    ///
    /// # Blocking
    /// One second at most, and hardly ever a millisecond.
    pub(crate) fn end(&self, system: &dyn System) {
        let desk = self.desk(system);
        let until = system.monotonic() + END;
        let mut roster = desk.1.roster.lock();
        while desk.1.running.load(Ordering::SeqCst) {
            let left = until.saturating_sub(system.monotonic());
            if left.is_zero() {
                return;
            }
            roster.ending = true;
            desk.1.wake_with(&mut roster);
            desk.1.changed.wait_for(&mut roster, left);
        }
    }

    fn desk(&self, system: &dyn System) -> Own<Desk> {
        let Ok(desk) = self.0.get(system, || Ok::<_, Infallible>(Desk::new()));
        desk
    }
}

impl Desk {
    fn new() -> Self {
        let roster = Roster { flights: Vec::new(), woken: false, ending: false };
        Self { roster: Mutex::new(roster), changed: Condvar::default(), running: AtomicBool::new(false) }
    }

    pub(super) fn wake(&self) {
        self.wake_with(&mut self.roster.lock());
    }

    fn wake_with(&self, roster: &mut Roster) {
        roster.woken = true;
        self.changed.notify_all();
    }

    /// What the thread does.
    fn work(&self) {
        while let Some(flights) = self.tended() {
            let next = flights.iter().map(Flight::tend).min();
            drop(flights);
            let mut roster = self.roster.lock();
            if !roster.woken {
                self.changed.wait_for(&mut roster, next.unwrap_or(LOOK).min(LOOK));
            }
        }
    }

    /// Whom to look after; `None`: the thread ends, because there is nobody or because it is to.
    fn tended(&self) -> Option<Vec<Arc<Flight>>> {
        let (mut flights, over) = {
            let mut roster = self.roster.lock();
            let there: Vec<_> = roster.flights.iter().filter_map(Weak::upgrade).collect();
            let wanted = there.iter().filter(|flight| flight.is_tended() && !roster.ending);
            roster.flights = wanted.map(Arc::downgrade).collect();
            roster.woken = false;
            let over = roster.flights.is_empty();
            if over {
                self.running.store(false, Ordering::SeqCst);
                self.changed.notify_all();
            }
            // What is let go of is let go of without the lock: a store of the caller's may go with it.
            (there, over)
        };
        flights.retain(|flight| flight.is_tended());
        (!over).then_some(flights)
    }
}

impl Flight {
    /// Whether some session wants that its calls wait for nothing as long as the token is valid.
    pub(super) fn is_tended(&self) -> bool {
        self.tending.load(Ordering::SeqCst) > 0
    }

    fn tended_at(&self, desk: Own<Desk>) {
        if let Ok(own) = self.tower() {
            own.1.state.lock().desk = Some(desk);
        }
    }

    /// The timer of this process, if it looks after this flight.
    fn desk(&self) -> Option<Own<Desk>> {
        self.tower().ok()?.1.state.lock().desk.clone()
    }

    /// One look of the timer: has the token renewed if that is due. How long nothing has to be done after it, by what the
    /// clocks say now; the end of a renewal wakes the timer.
    fn tend(self: &Arc<Self>) -> Duration {
        let Ok(own) = self.tower() else { return LOOK };
        let mut state = own.1.state.lock();
        // The first token is asked for by the first call.
        let Some(snapshot) = self.cache.current() else { return LOOK };
        let now = self.now();
        let freshness = state.due(snapshot.freshness(now));
        self.set_going(&own, &mut state, freshness, now);
        let left = match freshness {
            Freshness::Fresh => snapshot.life.fresh_for(now).unwrap_or(LOOK),
            _ => state.patient_for(now.boot),
        };
        // Under way, or without a thread to be had for it.
        if left.is_zero() { LOOK } else { left }
    }

    /// Begins the renewal that a token of this freshness needs, unless it is under way or rests. Waits for nothing.
    pub(super) fn set_going(
        self: &Arc<Self>,
        own: &Own<Tower>,
        state: &mut State,
        freshness: Freshness,
        now: Moment,
    ) {
        let is_due = freshness != Freshness::Fresh && state.patient_for(now.boot).is_zero();
        if is_due && !state.flying && self.is_tended() {
            state.flying = self.launch(own, Duration::ZERO, state.sought);
            state.sought &= !state.flying;
        }
    }
}
