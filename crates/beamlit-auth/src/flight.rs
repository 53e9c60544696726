//! The flight: at most one renewal under way for a session, and everybody who waits for it.
//!
//! A renewal runs on a thread of its own that ends with it, so a caller's time limit, Ctrl-C or cancellation ends
//! the caller's wait and never the renewal. What a server answers at once over a connection that stands already needs
//! none: the first caller runs it, if nothing is spent, and what takes longer than a blink goes on on a thread.

mod landing;
mod shared;
mod state;
mod timer;
mod wish;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::cache::{Cache, Snapshot};
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::flight::landing::Landing;
use crate::flight::state::State;
use crate::flows::Io;
use crate::http::{AT_ONCE, Http};
use crate::origin::Origin;
use crate::renewal::{Found, Renewal};
use crate::sys::{Condvar, Guard, Mutex, Own, PerProcess, SLICE, System};
use crate::token::{Freshness, Moment};

pub(crate) use shared::Flights;
pub(crate) use timer::Tending;
pub(crate) use wish::Wish;

/// Makes the HTTP door of one process.
pub(crate) type Connect = Box<dyn Fn(&Settings, Arc<dyn System>) -> Result<Box<dyn Http>> + Send + Sync>;

/// The renewals of one credential, for all sessions that share it.
pub(crate) struct Flight {
    pub(crate) renewal: Renewal,
    pub(crate) cache: Cache,
    pub(crate) system: Arc<dyn System>,
    connect: Connect,
    tower: PerProcess<Tower>,
    /// How many sessions want it to be looked after by the timer.
    tending: AtomicUsize,
}

/// Where the callers of one process meet.
struct Tower {
    io: Io,
    state: Mutex<State>,
    landed: Condvar,
}

/// How a wait ended.
enum Wait {
    Landed,
    TimeUp,
}

impl Flight {
    pub(crate) fn new(renewal: Renewal, system: Arc<dyn System>, connect: Connect) -> Result<Self> {
        let tower = Tower::new(&connect, &renewal.settings, &system)?;
        let tower = PerProcess::new(&*system, tower);
        let tending = AtomicUsize::new(0);
        Ok(Self { renewal, cache: Cache::new(), system, connect, tower, tending })
    }

    /// Publishes what a credential that is never renewed gives. Asks nobody.
    pub(crate) fn settle(&self) -> Result<()> {
        let own = self.tower()?;
        let (_, tower) = &*own;
        let snapshot = self.renewal.run(&tower.io, &self.found(0, Duration::ZERO))?;
        self.cache.publish(snapshot, &mut tower.state.lock().writer);
        Ok(())
    }

    /// Something says that there is a newer login than the one whose token is there: the next caller looks for it.
    pub(crate) fn seek(&self) -> Result<()> {
        self.tower()?.1.state.lock().sought = true;
        Ok(())
    }

    /// Forgets the token of a login that was ended.
    pub(crate) fn forget(&self) {
        if let Ok(own) = self.tower() {
            self.cache.refuse(&mut own.1.state.lock().writer);
        }
    }

    /// Works with what one process reaches the world through.
    pub(crate) fn with_io<R>(&self, work: impl FnOnce(&Io) -> Result<R>) -> Result<R> {
        work(&self.tower()?.1.io)
    }

    /// A snapshot that is good for `wish`.
    ///
    /// # Blocking
    /// Until the one renewal under way has ended, the wish's deadline at most; not at all while a fresh token is
    /// there, or a valid one that somebody else or the timer renews.
    pub(crate) fn get(self: &Arc<Self>, wish: &Wish<'_>) -> Result<Arc<Snapshot>> {
        let own = self.tower()?;
        let mut state = own.1.state.lock();
        let (now, time) = (self.now(), self.system.monotonic());
        let current = self.cache.current();
        let freshness = state.due(wish.freshness(current.as_deref(), now));
        let resting = state.resting(now.boot);
        if let Some(snapshot) = &current
            && wish.is_served_at_once(freshness, state.flying || resting.is_some(), self.is_tended())
        {
            if !wish.at_once {
                self.set_going(&own, &mut state, freshness, now);
            }
            self.serve_for_a_while(snapshot, now, &mut state);
            return Ok(Arc::clone(snapshot));
        }
        if wish.at_once {
            return Err(Error::new(ErrorKind::DeadlineExceeded, "there is no token that can be had at once"));
        }
        let patience = wish.patience(freshness, current.as_deref(), now, time);
        if !state.flying {
            if let Some(error) = resting {
                return self.fall_back(wish, error);
            }
            self.take_off(&own, &mut state, wish.min_valid, patience.saturating_sub(time));
        }
        self.wait(&own.1, &mut state, wish, patience)
    }

    /// Discards the token of `generation`, which a server answered with 401. Whether asking again gives another one.
    pub(crate) fn invalidate(&self, generation: u64) -> bool {
        let Ok(own) = self.tower() else { return false };
        let mut state = own.1.state.lock();
        let Some(current) = self.cache.current() else { return false };
        if self.renewal.is_fixed() || current.generation() != generation {
            return current.generation() > generation;
        }
        if state.is_healed(generation, self.system.boot()) {
            return false;
        }
        self.cache.refuse(&mut state.writer);
        true
    }

    /// Ends the waits of this moment whose callers count these `cancellations`, with `Cancelled`. Renewals go on, and
    /// later calls are unaffected.
    pub(crate) fn cancel(&self, cancellations: &AtomicU64) {
        if let Ok(own) = self.tower() {
            // Under the lock, so that no waiter looks before it and falls asleep after it.
            let _state = own.1.state.lock();
            cancellations.fetch_add(1, Ordering::SeqCst);
            own.1.landed.notify_all();
        }
    }

    /// Starts the one renewal. The caller, who has so much `time`, runs what is had at once, and where the system has no
    /// thread for the rest, that too.
    fn take_off(
        self: &Arc<Self>,
        own: &Own<Tower>,
        state: &mut Guard<'_, State>,
        min_valid: Duration,
        time: Duration,
    ) {
        state.flying = true;
        let sought = std::mem::take(&mut state.sought);
        if time >= AT_ONCE && Guard::unlocked(state, || self.hop(&own.1, min_valid)) {
            return;
        }
        if !self.launch(own, min_valid, sought) {
            Guard::unlocked(state, || self.fly(&own.1, min_valid, sought));
        }
    }

    /// Has the renewal run on a thread of its own. False: there is none to be had.
    fn launch(self: &Arc<Self>, own: &Own<Tower>, min_valid: Duration, sought: bool) -> bool {
        let (flight, place) = (Arc::clone(self), Arc::clone(own));
        let work = Box::new(move || flight.fly(&place.1, min_valid, sought));
        self.system.spawn("beamlit-renewal", work).is_ok()
    }

    /// The renewal as far as it comes at once. Whether it has landed.
    fn hop(&self, tower: &Tower, min_valid: Duration) -> bool {
        let mut landing = Landing::of(self, tower);
        landing.outcome = self.renewal.run_at_once(&tower.io, &self.found(landing.before, min_valid));
        landing.outcome.is_some()
    }

    /// The renewal itself.
    fn fly(&self, tower: &Tower, min_valid: Duration, sought: bool) {
        let mut landing = Landing::of(self, tower);
        let found = Found { sought, ..self.found(landing.before, min_valid) };
        landing.outcome = Some(self.renewal.run(&tower.io, &found));
        drop(landing);
        self.renewal.catch_up(&tower.io);
        // Callers have their token: none waits for the lock of the platform's file.
        self.renewal.mirror();
    }

    fn land(&self, tower: &Tower, before: u64, outcome: Result<Arc<Snapshot>>) {
        let mut state = tower.state.lock();
        // A rest is over when the machine has slept for so long.
        let now = self.system.boot();
        let replaced = self.cache.current();
        match outcome {
            Ok(snapshot) => {
                log::info!(target: "beamlit_auth", "renewed, generation {}", snapshot.generation());
                state.succeeded(snapshot.generation(), replaced.is_some_and(|old| old.is_refused()), now);
                // A session that was opened meanwhile may have brought a newer one.
                let overtaken = self
                    .cache
                    .lend(Snapshot::generation)
                    .is_some_and(|held| held != before && held > snapshot.generation());
                if !overtaken {
                    self.cache.publish(snapshot, &mut state.writer);
                }
            }
            Err(error) => {
                log::warn!(target: "beamlit_auth", "renewal failed: {error}");
                let valid = replaced.is_some_and(|old| old.freshness(self.now()) != Freshness::Expired);
                // Without entropy there is no jitter, which costs nothing but spread.
                state.failed(error, valid, self.system.random().unwrap_or(0), now);
            }
        }
        state.flying = false;
        state.landings += 1;
        tower.landed.notify_all();
        if let Some(desk) = &state.desk {
            desk.1.wake();
        }
    }

    /// Waits for the renewal under way; when `patience` ends first, what is valid is served.
    fn wait(
        &self,
        tower: &Tower,
        state: &mut Guard<'_, State>,
        wish: &Wish<'_>,
        patience: Duration,
    ) -> Result<Arc<Snapshot>> {
        let wait = match self.wait_until(tower, state, wish, patience)? {
            Wait::TimeUp if self.valid(wish).is_none() => {
                self.wait_until(tower, state, wish, wish.deadline)?
            }
            ended => ended,
        };
        let error = match wait {
            Wait::Landed => state.failure().cloned(),
            Wait::TimeUp => Some(Error::new(
                ErrorKind::DeadlineExceeded,
                "the time limit passed before the token server answered; the renewal goes on, ask again",
            )),
        };
        match (error, self.cache.current()) {
            // One renewal per call: whatever it gave is the answer.
            (None, Some(snapshot)) => Ok(snapshot),
            (None, None) => Err(internal("a renewal gave no token")),
            (Some(error), _) => self.fall_back(wish, error),
        }
    }

    fn wait_until(
        &self,
        tower: &Tower,
        state: &mut Guard<'_, State>,
        wish: &Wish<'_>,
        until: Duration,
    ) -> Result<Wait> {
        let cancelled = || Error::new(ErrorKind::Cancelled, "the wait was cancelled; the renewal goes on");
        let landings = state.landings;
        // A renewal that the caller itself ran to its end has landed before the wait begins.
        while state.flying && state.landings == landings {
            if wish.is_cancelled() {
                return Err(cancelled());
            }
            let left = until.saturating_sub(self.system.monotonic());
            if left.is_zero() {
                return Ok(Wait::TimeUp);
            }
            let slice = if wish.still_wanted.is_some() { left.min(SLICE) } else { left };
            tower.landed.wait_for(state, slice);
            if wish.still_wanted.is_some_and(|ask| !Guard::unlocked(state, ask)) {
                return Err(cancelled());
            }
        }
        Ok(Wait::Landed)
    }

    /// The valid token that is there in spite of `error`, else the error.
    fn fall_back(&self, wish: &Wish<'_>, error: Error) -> Result<Arc<Snapshot>> {
        match self.valid(wish) {
            Some(snapshot) if !wish.renew => Ok(snapshot),
            _ => Err(error),
        }
    }

    /// The current snapshot, if it is still good for `wish`.
    fn valid(&self, wish: &Wish<'_>) -> Option<Arc<Snapshot>> {
        let now = self.now();
        self.cache.current().filter(|snapshot| wish.freshness(Some(snapshot), now) != Freshness::Expired)
    }

    /// Lets the hot path serve `snapshot` as long as nothing can change about that. It does not look at marks, so
    /// a marked one is served there only where no origin is off this machine.
    fn serve_for_a_while(&self, snapshot: &Snapshot, now: Moment, state: &mut Guard<'_, State>) {
        let everywhere = !snapshot.marked || self.renewal.settings.origins.iter().all(Origin::is_loopback);
        let time = match snapshot.freshness(now) {
            Freshness::Fresh => snapshot.life.fresh_for(now),
            // The timer renews it. The hot path's clock is a little late.
            Freshness::Advisory | Freshness::Mandatory if self.is_tended() => snapshot.life.usable(now),
            _ => return,
        };
        if everywhere {
            self.cache.serve_for(time.unwrap_or(Duration::MAX), &*self.system, &mut state.writer);
        }
    }

    fn found(&self, generation: u64, min_valid: Duration) -> Found {
        let refused = self.cache.lend(Snapshot::is_refused).unwrap_or(false);
        Found { generation, refused, sought: false, arrived: self.system.wall(), min_valid }
    }

    fn tower(&self) -> Result<Own<Tower>> {
        self.tower.get(&*self.system, || Tower::new(&self.connect, &self.renewal.settings, &self.system))
    }

    fn now(&self) -> Moment {
        Moment { boot: self.system.boot(), wall: self.system.wall() }
    }
}

impl Tower {
    fn new(connect: &Connect, settings: &Settings, system: &Arc<dyn System>) -> Result<Self> {
        let io = Io::new(connect(settings, Arc::clone(system))?, Arc::clone(system));
        Ok(Self { io, state: Mutex::new(State::new()), landed: Condvar::default() })
    }
}

fn internal(what: &str) -> Error {
    Error::new(ErrorKind::InternalError, format!("{what}, which is a bug of beamlit-auth; please report it"))
}
