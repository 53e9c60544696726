//! The flight: at most one renewal under way for a session, and everybody who waits for it.
//!
//! A renewal runs on a thread of its own that ends with it, so a caller's time limit, Ctrl-C or cancellation ends
//! the caller's wait and never the renewal.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::cache::{Cache, Snapshot, Writer};
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::flows::Io;
use crate::http::Http;
use crate::renewal::Renewal;
use crate::sys::{Condvar, Guard, Mutex, System};
use crate::token::{Freshness, Moment};

/// In the advisory window the one caller that renews waits no longer than this before it is served what is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// A waiting caller looks this often whether it is still wanted.
const SLICE: Duration = Duration::from_millis(50);
/// A token that came of a 401 is not renewed for another 401 within this time.
const HEALED: Duration = Duration::from_secs(60);
/// The shortest time between two requests, counted from a failure.
const REST: Duration = Duration::from_secs(5);
/// The longest time between two requests while a valid token is there to be served, and after a clear refusal.
const LONG_REST: Duration = Duration::from_secs(60);

/// Makes the HTTP door of one process.
pub(crate) type Connect = Box<dyn Fn(&Settings, Arc<dyn System>) -> Result<Box<dyn Http>> + Send + Sync>;

/// The renewals of one session.
pub(crate) struct Flight {
    pub(crate) renewal: Renewal,
    pub(crate) cache: Cache,
    pub(crate) system: Arc<dyn System>,
    connect: Connect,
    process: ArcSwap<Process>,
}

/// What a forked child must not share with its parent: connections, and locks that may be held at the fork.
struct Process {
    pid: u32,
    io: Io,
    state: Mutex<State>,
    landed: Condvar,
}

struct State {
    writer: Writer,
    flying: bool,
    /// How many renewals have ended.
    landings: u64,
    /// How the last one failed, and until when nobody tries again.
    failure: Option<(Error, Duration)>,
    /// How many have failed in a row.
    failures: u32,
    /// How often the waits were cancelled.
    cancelled: u64,
    /// The last generation that a 401 brought about, and when.
    healed: Option<(u64, Duration)>,
}

/// What a caller wants.
pub(crate) struct Wish<'a> {
    /// How long the token must be good for.
    pub(crate) min_valid: Duration,
    /// When the caller stops waiting, on [`System::monotonic`].
    pub(crate) deadline: Duration,
    /// Whether a renewal that is due must succeed, even though a valid token is there.
    pub(crate) renew: bool,
    /// Asked while waiting, every 50 ms, on the caller's thread; false ends the wait.
    pub(crate) still_wanted: Option<&'a dyn Fn() -> bool>,
}

/// How a wait ended.
enum Wait {
    Landed,
    TimeUp,
}

impl Flight {
    pub(crate) fn new(renewal: Renewal, system: Arc<dyn System>, connect: Connect) -> Result<Self> {
        let process = ArcSwap::from_pointee(Process::new(&connect, &renewal.settings, &system)?);
        Ok(Self { renewal, cache: Cache::new(), system, connect, process })
    }

    /// Publishes what a credential that is never renewed gives. Asks nobody.
    pub(crate) fn settle(&self) -> Result<()> {
        let process = self.process()?;
        let snapshot = self.renewal.run(&process.io, 1)?;
        self.cache.publish(snapshot, &mut process.state.lock().writer);
        Ok(())
    }

    /// A snapshot that is good for `wish`.
    ///
    /// # Blocking
    /// Until the one renewal under way has ended, the wish's deadline at most; not at all while a fresh token is
    /// there, or a valid one that somebody else renews.
    pub(crate) fn get(self: &Arc<Self>, wish: &Wish<'_>) -> Result<Arc<Snapshot>> {
        let process = self.process()?;
        let mut state = process.state.lock();
        let now = self.now();
        let current = self.cache.current();
        let freshness = wish.freshness(current.as_deref(), now);
        let resting = state.resting(self.system.monotonic());
        if let (Some(snapshot), true) =
            (&current, wish.is_served_at_once(freshness, &state, resting.is_some()))
        {
            self.serve_for_a_while(snapshot, now, &mut state);
            return Ok(Arc::clone(snapshot));
        }
        if !state.flying {
            if let Some(error) = resting {
                return self.fall_back(wish, error);
            }
            self.take_off(&process, &mut state);
        }
        let patience = self.patience(wish, freshness, current.as_deref(), now);
        self.wait(&process, &mut state, wish, patience)
    }

    /// Discards the token of `generation`, which a server answered with 401. Whether asking again gives another one.
    pub(crate) fn invalidate(&self, generation: u64) -> bool {
        let Ok(process) = self.process() else { return false };
        let mut state = process.state.lock();
        let Some(current) = self.cache.current() else { return false };
        if self.renewal.credential.is_fixed() || current.generation() != generation {
            return current.generation() > generation;
        }
        let now = self.system.monotonic();
        if state.healed.is_some_and(|(healed, at)| healed == generation && now < at + HEALED) {
            return false;
        }
        self.cache.refuse(&mut state.writer);
        true
    }

    /// Ends the waits of this moment with `Cancelled`. Renewals go on, and later calls are unaffected.
    pub(crate) fn cancel(&self) {
        if let Ok(process) = self.process() {
            process.state.lock().cancelled += 1;
            process.landed.notify_all();
        }
    }

    /// Starts the one renewal. Where the system has no thread for it, the caller runs it.
    fn take_off(self: &Arc<Self>, process: &Arc<Process>, state: &mut Guard<'_, State>) {
        state.flying = true;
        let (flight, place) = (Arc::clone(self), Arc::clone(process));
        let work = Box::new(move || flight.fly(&place));
        if self.system.spawn("beamlit-renewal", work).is_err() {
            Guard::unlocked(state, || self.fly(process));
        }
    }

    /// The renewal itself, and its landing, which happens even if the renewal panics.
    fn fly(&self, process: &Process) {
        let lost = Error::new(
            ErrorKind::InternalError,
            "a renewal ended without an outcome, which is a bug of beamlit-auth",
        );
        let mut landing = Landing { flight: self, process, outcome: Some(Err(lost)) };
        let generation = self.cache.lend(Snapshot::generation).unwrap_or(0) + 1;
        landing.outcome = Some(self.renewal.run(&process.io, generation));
    }

    fn land(&self, process: &Process, outcome: Result<Arc<Snapshot>>) {
        let mut state = process.state.lock();
        let now = self.system.monotonic();
        let replaced = self.cache.current().map(|snapshot| snapshot.freshness(self.now()));
        match outcome {
            Ok(snapshot) => {
                log::debug!(target: "beamlit_auth", "renewed, generation {}", snapshot.generation());
                let healed = self.cache.lend(Snapshot::is_refused) == Some(true);
                state.healed = healed.then(|| (snapshot.generation(), now));
                self.cache.publish(snapshot, &mut state.writer);
                (state.failure, state.failures) = (None, 0);
            }
            Err(error) => {
                log::debug!(target: "beamlit_auth", "renewal failed: {}", error.kind().name());
                state.failures += 1;
                let valid = replaced.is_some_and(|freshness| freshness != Freshness::Expired);
                let until = now + self.rest(&error, state.failures, valid);
                state.failure = Some((error, until));
            }
        }
        state.flying = false;
        state.landings += 1;
        process.landed.notify_all();
    }

    /// How long nobody tries again after `failures` failures in a row, the last of them `error`.
    fn rest(&self, error: &Error, failures: u32, valid: bool) -> Duration {
        if let Some(asked) = error.retry_after().filter(|asked| !asked.is_zero()) {
            return asked.max(REST);
        }
        if error.exit_code() == ErrorKind::InvalidClient.exit_code() {
            return LONG_REST;
        }
        let doublings = if valid { failures.saturating_sub(1).min(4) } else { 0 };
        let rest = (REST * 2_u32.pow(doublings)).min(LONG_REST);
        // Jitter only lengthens a rest. Without entropy there is none, which costs nothing but spread.
        let jitter = self.system.random().map_or(0, |random| u32::try_from(random % 256).unwrap_or(0));
        rest + rest * jitter / 1024
    }

    /// Waits for the renewal under way; when `patience` ends first, what is valid is served.
    fn wait(
        &self,
        process: &Process,
        state: &mut Guard<'_, State>,
        wish: &Wish<'_>,
        patience: Duration,
    ) -> Result<Arc<Snapshot>> {
        let wait = match self.wait_until(process, state, wish, patience)? {
            Wait::TimeUp if self.valid(wish).is_none() => {
                self.wait_until(process, state, wish, wish.deadline)?
            }
            ended => ended,
        };
        let error = match wait {
            Wait::Landed => state.failure.as_ref().map(|(error, _)| error.clone()),
            Wait::TimeUp => Some(Error::new(
                ErrorKind::DeadlineExceeded,
                "the time limit passed before the token server answered; the renewal goes on, ask again",
            )),
        };
        match (error, self.cache.current()) {
            // One renewal per call: whatever it gave is the answer.
            (None, Some(snapshot)) => Ok(snapshot),
            (None, None) => Err(Error::new(
                ErrorKind::InternalError,
                "a renewal gave no token, which is a bug of beamlit-auth",
            )),
            (Some(error), _) => self.fall_back(wish, error),
        }
    }

    fn wait_until(
        &self,
        process: &Process,
        state: &mut Guard<'_, State>,
        wish: &Wish<'_>,
        until: Duration,
    ) -> Result<Wait> {
        let (landings, cancelled) = (state.landings, state.cancelled);
        // A renewal that the caller itself had to run has landed before the wait begins.
        while state.flying && state.landings == landings {
            let left = until.saturating_sub(self.system.monotonic());
            if left.is_zero() {
                return Ok(Wait::TimeUp);
            }
            let slice = if wish.still_wanted.is_some() { left.min(SLICE) } else { left };
            process.landed.wait_for(state, slice);
            let unwanted = wish.still_wanted.is_some_and(|ask| !Guard::unlocked(state, ask));
            if unwanted || state.cancelled != cancelled {
                return Err(Error::new(ErrorKind::Cancelled, "the wait was cancelled; the renewal goes on"));
            }
        }
        Ok(Wait::Landed)
    }

    /// When a caller that waits gives up on the renewal in favour of the token that is there.
    fn patience(
        &self,
        wish: &Wish<'_>,
        freshness: Freshness,
        current: Option<&Snapshot>,
        now: Moment,
    ) -> Duration {
        let time = self.system.monotonic();
        let usable = current
            .and_then(|snapshot| Some(snapshot.life.left(now)?.saturating_sub(snapshot.life.last_call())));
        let patience = match (freshness, usable) {
            _ if wish.renew => return wish.deadline,
            (Freshness::Advisory, Some(usable)) => time + usable.min(PATIENCE),
            (Freshness::Mandatory, Some(usable)) => time + usable,
            _ => wish.deadline,
        };
        patience.min(wish.deadline)
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

    /// Lets the hot path serve `snapshot` as long as nothing can change about that.
    fn serve_for_a_while(&self, snapshot: &Snapshot, now: Moment, state: &mut Guard<'_, State>) {
        let everywhere =
            !snapshot.marked || self.renewal.settings.origins.iter().all(crate::origin::Origin::is_loopback);
        if snapshot.freshness(now) == Freshness::Fresh && everywhere {
            let time = snapshot.life.fresh_for(now).unwrap_or(Duration::MAX);
            self.cache.serve_for(time, &*self.system, &mut state.writer);
        }
    }

    /// This process's part. A forked child finds its parent's, whose locks may be held for ever, and makes its own;
    /// the parent's is leaked, so that nothing the parent still uses is closed.
    fn process(&self) -> Result<Arc<Process>> {
        let found = self.process.load_full();
        if found.pid == self.system.pid() {
            return Ok(found);
        }
        let own = Arc::new(Process::new(&self.connect, &self.renewal.settings, &self.system)?);
        let before = self.process.compare_and_swap(&found, Arc::clone(&own));
        if Arc::ptr_eq(&before, &found) {
            std::mem::forget(found);
            return Ok(own);
        }
        Ok(Arc::clone(&before))
    }

    fn now(&self) -> Moment {
        Moment { boot: self.system.boot(), wall: self.system.wall() }
    }
}

/// Lands a renewal when it goes out of scope, whatever ended it.
struct Landing<'a> {
    flight: &'a Flight,
    process: &'a Process,
    outcome: Option<Result<Arc<Snapshot>>>,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome.take() {
            self.flight.land(self.process, outcome);
        }
    }
}

impl Process {
    fn new(connect: &Connect, settings: &Settings, system: &Arc<dyn System>) -> Result<Self> {
        let state = State {
            writer: Writer,
            flying: false,
            landings: 0,
            failure: None,
            failures: 0,
            cancelled: 0,
            healed: None,
        };
        let io = Io::new(connect(settings, Arc::clone(system))?, Arc::clone(system));
        Ok(Self { pid: system.pid(), io, state: Mutex::new(state), landed: Condvar::default() })
    }
}

impl State {
    /// The failure after which nobody tries again yet, with the time that is left.
    fn resting(&self, now: Duration) -> Option<Error> {
        let (error, until) = self.failure.as_ref()?;
        let left = until.saturating_sub(now);
        if left.is_zero() {
            return None;
        }
        Some(if error.kind().is_retryable() { error.clone().with_retry_after(left) } else { error.clone() })
    }
}

impl Wish<'_> {
    /// How fresh `snapshot` is for this wish.
    fn freshness(&self, snapshot: Option<&Snapshot>, now: Moment) -> Freshness {
        let Some(snapshot) = snapshot else { return Freshness::Expired };
        let needed = snapshot.life.clamp_min_valid(self.min_valid);
        match snapshot.life.left(now) {
            Some(left) if left < needed => Freshness::Expired,
            _ => snapshot.freshness(now),
        }
    }

    /// Whether the caller takes what is there and waits for nothing.
    fn is_served_at_once(&self, freshness: Freshness, state: &State, resting: bool) -> bool {
        match freshness {
            Freshness::Fresh => true,
            Freshness::Advisory => !self.renew && (state.flying || resting),
            Freshness::Mandatory | Freshness::Expired => false,
        }
    }
}
