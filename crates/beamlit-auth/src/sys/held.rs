//! The files that this process has locked, where a forked child finds them to close them.
//!
//! A lock on a file is shared with a forked child, and stays until its owner unlocks it or everybody has closed it: a
//! child that outlives a killed parent would keep it for ever.

use std::fs::File;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::sys::process::this_process;

/// The one place that owns a locked file, so that whoever empties it closes the file.
type Place = Arc<ArcSwapOption<File>>;

/// Every place of this process. No lock guards it, because a fork could catch that held. Only a child that is forked in
/// the very microseconds between a lock and its entry here, or between its removal and the unlocking, keeps a copy.
static PLACES: ArcSwapOption<Vec<Place>> = ArcSwapOption::const_empty();

/// A file that is locked. Unlocked by name, because a child that was forked meanwhile holds the same lock, and closing
/// our end alone would leave it locked for as long as the child has not closed its own.
pub(super) struct Held {
    place: Place,
    owner: u64,
}

impl Held {
    /// Keeps a file that is locked already.
    pub(super) fn new(file: File) -> Self {
        let place = Arc::new(ArcSwapOption::from_pointee(file));
        PLACES.rcu(|places| {
            let others = places.iter().flat_map(|places| places.iter().cloned());
            Some(Arc::new(others.chain([Arc::clone(&place)]).collect::<Vec<_>>()))
        });
        Self { place, owner: this_process() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        PLACES.rcu(|places| {
            let places = places.as_ref()?;
            let others: Vec<_> =
                places.iter().filter(|place| !Arc::ptr_eq(place, &self.place)).cloned().collect();
            (!others.is_empty()).then(|| Arc::new(others))
        });
        if let Some(file) = self.place.swap(None)
            && self.owner == this_process()
        {
            let _ = file.unlock();
        }
    }
}

/// Closes, in a child, every file that its parent has locked, which unlocks none of them while the parent lives.
pub(super) fn close_all() {
    for place in PLACES.swap(None).iter().flat_map(|places| places.iter()) {
        place.store(None);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::TryLockError;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test locks a file of its own")]
    fn i15_a_child_that_lets_go_of_its_copy_does_not_unlock_its_parents_file() {
        let path = std::env::temp_dir().join(format!("beamlit-auth-held-{}", std::process::id()));
        let of_parent = File::create(&path).unwrap();
        of_parent.try_lock().unwrap();
        // What a fork leaves in the child: a copy of the open file, whose owner is another process.
        let mut copy = Held::new(of_parent.try_clone().unwrap());
        copy.owner += 1;
        drop(copy);
        let other = File::open(&path).unwrap();
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        std::fs::remove_file(&path).unwrap();
    }
}
