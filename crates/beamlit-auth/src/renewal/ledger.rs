//! One login's place in a store: its record read and written as a whole.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Reason, Result};
use crate::record::{Claim, Record};
use crate::renewal::CALL_LIMIT;
use crate::store::mirror::{Mirror, Seen};
use crate::store::{Entry, Guard, Shelf, StoreError};
use crate::sys::{Mutex, Own, PerProcess, System, UnderWay};

/// How often a write is tried that may stand over anybody's.
const TRIES: usize = 100;
/// What to do about a store that does not work.
const ELSEWHERE: &str = "mend that, or set BL_STORE to another place";

/// The record of one login, in a store.
pub(crate) struct Ledger {
    pub(crate) store: Arc<dyn Shelf>,
    pub(crate) key: String,
    pub(crate) system: Arc<dyn System>,
    /// A forked child leaves it to its parent, whose claim it is.
    unwritten: PerProcess<Mutex<Option<Unwritten>>>,
}

/// What could not be written over a claim yet: an answer, or that nothing was sent.
pub(crate) struct Unwritten {
    /// Its name is that of the last try, which may stand although it failed.
    pub(crate) record: Record,
    /// The claim, by which its writer knows that nobody else has written what became of it.
    pub(crate) claim: Claim,
    /// As long as it is held, others know that the claim's owner is there.
    pub(crate) _lock: Option<Guard>,
    /// As long as it is tried, an exit waits.
    pub(crate) trying: Option<UnderWay>,
}

/// Why a write did not count.
pub(crate) enum Lost {
    /// Somebody wrote first.
    Race,
    /// The store failed.
    Store(Error),
}

impl Ledger {
    pub(crate) fn new(store: Arc<dyn Shelf>, key: String, system: Arc<dyn System>) -> Self {
        let unwritten = PerProcess::new(&*system, Mutex::new(None));
        Self { store, key, system, unwritten }
    }

    /// The record and its version; an empty record and "" if there is none. What is no record is set aside, so that a
    /// login can be made anew; what a newer version wrote stays, and cannot be read.
    pub(crate) fn read(&self) -> Result<(Record, String)> {
        self.look().map(|(record, version, _)| (record, version))
    }

    /// As [`Ledger::read`]; and what was set aside, as an error for whoever finds no login elsewhere either.
    pub(crate) fn look(&self) -> Result<(Record, String, Option<Error>)> {
        let nothing = |aside| Ok((Record::empty(), String::new(), aside));
        let entry = match self.store.read(&self.key) {
            Ok(Some(entry)) => entry,
            Ok(None) => return nothing(None),
            Err(error @ StoreError::SetAside(_)) => return nothing(Some(failed(error))),
            Err(error) => return Err(failed(error)),
        };
        match Record::read(entry.reveal()) {
            Ok(record) => Ok((record, entry.version().to_owned(), None)),
            Err(error) if error.kind() == ErrorKind::StoreCorrupt => {
                let aside = self.store.set_aside(&self.key, entry.version()).map_err(failed)?;
                nothing(Some(failed(StoreError::SetAside(aside))))
            }
            Err(error) => Err(error),
        }
    }

    /// What the platform's file says to somebody who holds `record` against it.
    ///
    /// # Errors
    /// One line that says why the file cannot be read.
    pub(crate) fn seen(
        &self,
        mirror: &Mirror,
        workspace: &str,
        record: &Record,
    ) -> std::result::Result<Seen, String> {
        let seen = mirror.seen(&mirror.look()?, workspace, record);
        match &seen {
            Seen::Unknown(held) if self.is_of_another_base(mirror, &held.digest()) => Ok(Seen::Elsewhere),
            _ => Ok(seen),
        }
    }

    /// What an emulator issued is of any base URL on this machine, unless a login to another one holds it.
    fn is_of_another_base(&self, mirror: &Mirror, digest: &String) -> bool {
        let keys = if mirror.is_loopback { self.store.keys().unwrap_or_default() } else { Vec::new() };
        keys.into_iter().filter(|key| *key != self.key).any(|key| {
            let other = Self::new(Arc::clone(&self.store), key, Arc::clone(&self.system)).read();
            other.is_ok_and(|(other, _)| other.known.contains(digest) || other.digests().contains(digest))
        })
    }

    /// Writes `record` over `version`, and gives its own version. The store says nothing of that, so it is read back:
    /// the write counts only if what is there bears its name.
    pub(crate) fn write(&self, record: &mut Record, version: &str) -> std::result::Result<String, Lost> {
        record.id = self.name().map_err(Lost::Store)?;
        let entry = Entry::new(record.write().map_err(Lost::Store)?.reveal(), version);
        match self.store.write(&self.key, &entry) {
            Ok(()) => {}
            Err(StoreError::Busy) => return Err(Lost::Race),
            Err(error) => return Err(Lost::Store(failed(error))),
        }
        match self.read() {
            Ok((now, version)) if now.id == record.id => Ok(version),
            Ok(_) => Err(Lost::Race),
            Err(error) => Err(Lost::Store(error)),
        }
    }

    /// [`Ledger::write`] over a claim that was written as `version`. What was written beside it since is no reason to lose
    /// what became of it; who took it over, or took it away, was faster.
    pub(crate) fn write_over(
        &self,
        claim: &Claim,
        record: &mut Record,
        version: &str,
    ) -> std::result::Result<(), Lost> {
        let mut version = version.to_owned();
        for _ in 0..TRIES {
            match self.write(record, &version) {
                Err(Lost::Race) => {}
                written => return written.map(drop),
            }
            let (now, newer) = self.read().map_err(Lost::Store)?;
            if now.claim.as_ref() != Some(claim) {
                break;
            }
            record.catch_up_with(&now);
            version = newer;
        }
        Err(Lost::Race)
    }

    /// [`Ledger::write`] of what can be had again at any time: nothing is put on the disk for good, and nothing read back.
    pub(crate) fn write_lightly(&self, record: &mut Record, version: &str) -> Result<()> {
        record.id = self.name()?;
        let entry = Entry::new(record.write()?.reveal(), version);
        let lasts = Duration::from_millis(record.lifetime_ms);
        self.store.write_lightly(&self.key, &entry, lasts).map_err(failed)
    }

    /// Writes over whatever is there, as login and logout do: `change` makes the new record of the one it replaces. What
    /// stands although its write failed counts: at worst a power cut takes it, and everybody acts by it until then.
    pub(crate) fn overwrite(&self, change: &dyn Fn(&Record) -> Record) -> Result<Record> {
        for _ in 0..TRIES {
            let (former, version) = self.read()?;
            let mut record = change(&former);
            match self.write(&mut record, &version) {
                Ok(_) => return Ok(record),
                Err(Lost::Race) => {}
                Err(Lost::Store(error)) => {
                    let is_new = record.id != former.id;
                    if !is_new || !self.read().is_ok_and(|(now, _)| now.id == record.id) {
                        return Err(error);
                    }
                    log::warn!(target: "beamlit_auth", "what was stored may not outlive a power cut: {error}");
                    return Ok(record);
                }
            }
        }
        Err(Error::new(
            ErrorKind::StoreBusy,
            format!("{} changes faster than it can be written; try again", self.store.name()),
        ))
    }

    /// The lock that queues renewals, waited for one call limit; without it the renewal goes on, because the claim
    /// alone forbids sending twice.
    pub(crate) fn lock(&self) -> Option<Guard> {
        self.store.lock(&self.key, CALL_LIMIT).ok()
    }

    /// Tries once more to write down what could not be. Gives what came too late, because somebody else wrote first.
    ///
    /// # Errors
    /// The store's, while it still cannot: the refresh token of an answer is not to be spent before.
    pub(crate) fn catch_up(&self) -> Result<Option<Record>> {
        let own = self.unwritten();
        let mut unwritten = own.1.lock();
        let Some(Unwritten { record, claim, .. }) = unwritten.as_mut() else { return Ok(None) };
        let (now, version) = self.read()?;
        let stands = now.claim.as_ref() == Some(&*claim);
        let is_ours = stands || (!record.id.is_empty() && now.id == record.id);
        if is_ours {
            record.catch_up_with(&now);
        }
        let in_time = is_ours
            && match self.write_over(claim, record, &version) {
                Ok(()) => true,
                Err(Lost::Race) => false,
                Err(Lost::Store(error)) => return Err(error),
            };
        let done = unwritten.take();
        Ok(done.filter(|_| !in_time).map(|late| late.record))
    }

    /// Whether something is to be written down yet.
    pub(crate) fn has_unwritten(&self) -> bool {
        self.unwritten().1.lock().is_some()
    }

    /// From here on nobody tries before the next renewal.
    pub(crate) fn stop_trying(&self) {
        if let Some(unwritten) = self.unwritten().1.lock().as_mut() {
            unwritten.trying = None;
        }
    }

    /// Keeps what could not be written over a claim.
    pub(crate) fn keep(&self, answer: Unwritten) {
        *self.unwritten().1.lock() = Some(answer);
    }

    fn unwritten(&self) -> Own<Mutex<Option<Unwritten>>> {
        let Ok(own) = self.unwritten.get(&*self.system, || Ok::<_, Infallible>(Mutex::new(None)));
        own
    }

    /// Whether this process has nothing but a copy that a fork made: what it writes tells nobody, so that its parent
    /// may spend the same refresh token.
    pub(crate) fn is_copy(&self) -> bool {
        self.store.process().is_some_and(|process| process != self.system.process())
    }

    /// A random name for one write, or one claim.
    pub(crate) fn name(&self) -> Result<String> {
        Ok(format!("{:016x}{:016x}", self.system.random()?, self.system.random()?))
    }
}

fn failed(error: StoreError) -> Error {
    match error {
        StoreError::Busy => {
            Error::new(ErrorKind::StoreBusy, "somebody else wrote to the store first; try again")
        }
        StoreError::ReadOnly(text) => Error::login_required(
            Reason::StoreReadOnly,
            format!("the store cannot be written ({text}); a login there cannot be renewed; {ELSEWHERE}"),
        ),
        StoreError::Unavailable(text) => {
            Error::new(ErrorKind::StoreUnavailable, format!("the store cannot be used ({text}); {ELSEWHERE}"))
        }
        StoreError::SetAside(text) => {
            Error::login_required(Reason::NoCredential, format!("{text}; run `bl login`"))
        }
        StoreError::Locked(text) => Error::new(ErrorKind::StoreLocked, text),
        StoreError::KeyMissing(text) => {
            Error::login_required(Reason::StoreKeyMissing, format!("{text}; run `bl login`"))
        }
        StoreError::Unsupported(text) => Error::new(ErrorKind::Unsupported, text),
        StoreError::Corrupt(text) => {
            Error::new(ErrorKind::StoreCorrupt, format!("{text}; remove it and run `bl login`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::sys::Unix;

    /// A store in which somebody else is always faster.
    struct Crowded;

    impl Store for Crowded {
        fn name(&self) -> &'static str {
            "crowded"
        }

        fn read(&self, _: &str) -> std::result::Result<Option<Entry>, StoreError> {
            Ok(None)
        }

        fn write(&self, _: &str, _: &Entry) -> std::result::Result<(), StoreError> {
            Err(StoreError::Busy)
        }

        fn delete(&self, _: &str, _: &str) -> std::result::Result<(), StoreError> {
            Err(StoreError::Busy)
        }
    }

    impl Shelf for Crowded {}

    #[test]
    fn a_store_that_others_always_write_first_is_busy() {
        let ledger = Ledger::new(Arc::new(Crowded), "key".to_owned(), Arc::new(Unix));
        let error = ledger.overwrite(&|_| Record::empty()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::StoreBusy);
        assert!(error.message().starts_with("crowded changes faster"), "{error}");
    }
}
