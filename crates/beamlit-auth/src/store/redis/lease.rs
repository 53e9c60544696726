//! A lock in Redis: a key with an end, put off as long as its holder is there.
//!
//! It only queues. Who loses it, because the process was stopped or the server went away, is told nothing: the
//! compare-and-set of what is written decides.

use std::sync::Arc;
use std::time::Duration;

use redis::Script;

use crate::store::StoreError;
use crate::store::redis::server::Server;
use crate::sys::{Condvar, Mutex};

/// How long others wait for a holder that was killed.
const LEASE: Duration = Duration::from_secs(5);
/// How often a holder puts the end off, and how often at most: a renewal takes less.
const RENEW: Duration = Duration::from_millis(1500);
const RENEWALS: usize = 40;
/// The first and the longest pause of those who wait.
const NAPS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(100));

/// Takes the lock, or puts its end off. 1: it is held.
const HOLD: &str = "
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";

/// Gives the lock back, if it is still the owner's.
const RELEASE: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1";

/// A lock that is held until this goes.
pub(super) struct Lease {
    held: Arc<Held>,
    /// A forked child has a copy, which is not its own.
    process: u64,
}

/// What the holder and the thread share that puts the end off.
struct Held {
    server: Arc<Server>,
    key: String,
    owner: String,
    over: Mutex<bool>,
    ended: Condvar,
}

impl Lease {
    /// Waits for the lock of that name, `timeout` at most.
    pub(super) fn wait(server: &Arc<Server>, key: String, timeout: Duration) -> Result<Self, StoreError> {
        let (over, ended) = (Mutex::new(false), Condvar::default());
        let owner = server.random()?;
        let held = Arc::new(Held { server: Arc::clone(server), key, owner, over, ended });
        let system = &server.system;
        let (deadline, mut nap) = (system.monotonic() + timeout, NAPS.0);
        while !held.hold()? {
            let left = deadline.saturating_sub(system.monotonic());
            if left.is_zero() {
                return Err(StoreError::Busy);
            }
            system.sleep(nap.min(left));
            nap = (nap * 2).min(NAPS.1);
        }
        let keeper = Arc::clone(&held);
        // Without a thread for it the lock ends by itself, which is too early at worst.
        let _ = system.spawn("beamlit-lease", Box::new(move || keeper.keep()));
        Ok(Self { process: system.process(), held })
    }
}

impl Held {
    /// Takes the lock or puts its end off. Whether it is held now.
    fn hold(&self) -> Result<bool, StoreError> {
        let script = Script::new(HOLD);
        let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
        let held: u8 =
            self.server.run(&mut |line| script.key(&self.key).arg(&self.owner).arg(lease).invoke(line))?;
        Ok(held == 1)
    }

    /// Puts the end off until the lock is given back or lost.
    fn keep(&self) {
        for _ in 0..RENEWALS {
            let mut over = self.over.lock();
            if !*over {
                self.ended.wait_for(&mut over, RENEW);
            }
            if *over {
                return;
            }
            // Held meanwhile: a lock that is being given back is not taken again.
            if !self.hold().unwrap_or(false) {
                return;
            }
        }
    }

    fn release(&self) {
        *self.over.lock() = true;
        self.ended.notify_all();
        let script = Script::new(RELEASE);
        let released: Result<u8, _> =
            self.server.run(&mut |line| script.key(&self.key).arg(&self.owner).invoke(line));
        if let Err(error) = released {
            log::info!(target: "beamlit_auth", "a lock ends by itself: {error}");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.process == self.held.server.system.process() {
            self.held.release();
        }
    }
}
