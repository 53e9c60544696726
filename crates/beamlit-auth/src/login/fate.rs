//! Whether a login is still wanted, decided once: whoever gives it up and whoever stores it agree here who was first.

use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const GIVEN_UP: u8 = 1;
const KEPT: u8 = 2;

/// What is to become of a login. An atomic and no lock: a child may be forked while others decide.
#[derive(Default)]
pub(super) struct Fate(AtomicU8);

impl Fate {
    /// Nothing is to be stored from here on. False if that comes too late.
    pub(super) fn give_up(&self) -> bool {
        self.decide(GIVEN_UP)
    }

    /// What the server gave is stored from here on. False if nobody wants it any more.
    pub(super) fn keep(&self) -> bool {
        self.decide(KEPT)
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.0.load(Ordering::SeqCst) == GIVEN_UP
    }

    fn decide(&self, fate: u8) -> bool {
        let decided = self.0.compare_exchange(OPEN, fate, Ordering::SeqCst, Ordering::SeqCst);
        decided.is_ok() || decided == Err(fate)
    }
}
