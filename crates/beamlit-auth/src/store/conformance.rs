//! What a store promises, tried out.

use std::time::Duration;

use crate::store::{Entry, Store, StoreError};
use crate::sys::{System as _, Unix, together};

/// How many threads write at once, and how many words each of them appends.
const THREADS: usize = 4;
const WORDS: usize = 10;
/// How often a thread tries again before its store is taken to let nobody write.
const TRIES: usize = 10_000;

/// Tries out everything that the engine relies on in a store: that reading gives what was written, that `write` and
/// `delete` are a compare-and-set, also from several threads at once, that no version comes twice, and that a lock keeps
/// nobody waiting for longer than it may. Uses keys of its own, which begin with `conformance-`, and removes them.
///
/// For the test of a store. It cannot see whether a write outlives a power cut, nor what other hosts see.
///
/// # Blocking
/// A few seconds with a store that answers in milliseconds.
///
/// # Errors
/// The first promise that was not kept, in one line.
pub fn conformance(store: &dyn Store) -> Result<(), String> {
    let random = Unix.random().map_err(|error| error.to_string())?;
    let probe = Probe { store, key: format!("conformance-{random:016x}") };
    let outcome = probe.run();
    for key in [&probe.key, &probe.other()] {
        if let Ok(Some(entry)) = store.read(key) {
            let _ = store.delete(key, entry.version());
        }
    }
    outcome
}

/// A store and a key of nobody else's.
struct Probe<'a> {
    store: &'a dyn Store,
    key: String,
}

impl Probe<'_> {
    fn run(&self) -> Result<(), String> {
        let name = self.store.name();
        holds(!name.is_empty() && !name.contains(char::is_control), "the name is one line of text")?;
        self.writes_replace_what_was_read()?;
        self.data_is_opaque()?;
        self.keys_are_apart()?;
        self.deletes_remove_what_was_read()?;
        self.one_of_many_is_first()?;
        self.nothing_is_lost_between_threads()?;
        self.locks_queue()
    }

    /// A second key, as long as keys become.
    fn other(&self) -> String {
        format!("{}-{}", self.key, "x".repeat(199 - self.key.len()))
    }

    fn writes_replace_what_was_read(&self) -> Result<(), String> {
        holds(self.read(&self.key)?.is_none(), "there is no entry before the first write")?;
        holds(
            self.is_busy(b"stale", "no-such-version")?,
            "a version that was never there is refused by write",
        )?;
        self.write(b"one", "")?;
        let one = self.there(b"one")?;
        holds(!one.is_empty(), "an entry has a version that is not empty")?;
        holds(self.is_busy(b"stale", "")?, "a write that found no entry is refused when there is one")?;
        self.write(b"two", &one)?;
        let two = self.there(b"two")?;
        holds(one != two, "a write makes another version")?;
        holds(self.is_busy(b"stale", &one)?, "a write over a version that was replaced is refused")?;
        // The same data once more, which a version that is made from data would not tell apart.
        self.write(b"one", &two)?;
        holds(self.there(b"one")? != one, "a version does not come again with the same data")?;
        holds(self.is_busy(b"stale", &one)?, "a version stays refused when its data is there again")?;
        self.there(b"one").map(drop)
    }

    fn data_is_opaque(&self) -> Result<(), String> {
        let every_byte: Vec<u8> = (0..=u8::MAX).collect();
        for data in [every_byte.clone(), every_byte.repeat(400), b"\n".to_vec()] {
            let version = self.version()?;
            self.write(&data, &version)?;
            self.there(&data)?;
        }
        Ok(())
    }

    fn keys_are_apart(&self) -> Result<(), String> {
        let other = self.other();
        holds(self.read(&other)?.is_none(), "another key has no entry")?;
        let before = self.version()?;
        let written = self.store.write(&other, &Entry::new("other", ""));
        written.map_err(|error| format!("a write under a key of 200 characters failed: {error}"))?;
        holds(self.version()? == before, "a write under one key leaves the entry of another as it is")?;
        let version = self.read(&other)?.map_or(String::new(), |entry| entry.version().to_owned());
        self.store.delete(&other, &version).map_err(|error| format!("a delete failed: {error}"))
    }

    fn deletes_remove_what_was_read(&self) -> Result<(), String> {
        let refused = |version: &str| is_refused(self.store.delete(&self.key, version), "a delete");
        let stale = self.version()?;
        self.write(b"new", &stale)?;
        holds(refused(&stale)?, "a delete of a version that was replaced is refused")?;
        self.delete(&self.there(b"new")?)?;
        self.write(b"again", "")?;
        let version = self.there(b"again")?;
        self.delete(&version)?;
        holds(self.read(&self.key)?.is_none(), "there is no entry after a delete")?;
        holds(refused(&version)?, "a delete of an entry that is gone is refused")?;
        holds(self.is_busy(b"stale", &version)?, "a write over an entry that is gone is refused")?;
        self.write(b"again", "")?;
        holds(self.there(b"again")? != version, "a version does not come again after a delete")?;
        holds(self.is_busy(b"stale", &version)?, "a version stays refused after a delete and a write")?;
        self.delete(&self.version()?)
    }

    fn one_of_many_is_first(&self) -> Result<(), String> {
        let firsts = at_once(&|number| self.is_busy(format!("{number}").as_bytes(), ""))?;
        let written: Vec<_> = (0..THREADS).filter(|number| !firsts[*number]).collect();
        let [first] = written.as_slice() else {
            return Err(format!(
                "of {THREADS} first writes at once, {} succeeded and not one",
                written.len()
            ));
        };
        self.there(format!("{first}").as_bytes()).map(drop)
    }

    fn nothing_is_lost_between_threads(&self) -> Result<(), String> {
        let version = self.version()?;
        self.write(b"", &version)?;
        at_once(&|thread| (0..WORDS).try_for_each(|word| self.append(&format!("{thread}.{word} "))))?;
        let data = self.read(&self.key)?.map_or(Vec::new(), |entry| entry.reveal().to_vec());
        let text = String::from_utf8_lossy(&data);
        let mut words: Vec<_> = text.split_whitespace().collect();
        words.sort_unstable();
        let written = words.len();
        words.dedup();
        holds(words.len() == written, "of several threads that write at once, none repeats another's write")?;
        holds(written == THREADS * WORDS, "of several threads that write at once, none loses another's write")
    }

    /// Appends a word to the entry. A write that was refused may still have been there for a moment, in which another one
    /// was built on it.
    fn append(&self, word: &str) -> Result<(), String> {
        for _ in 0..TRIES {
            let entry = self.read(&self.key)?.ok_or("an entry vanished that nobody had deleted")?;
            let text =
                std::str::from_utf8(entry.reveal()).map_err(|_| "something was read that nobody wrote")?;
            if text.contains(word) || !self.is_busy(format!("{text}{word}").as_bytes(), entry.version())? {
                return Ok(());
            }
        }
        Err("several threads that write at once keep each other from it".to_owned())
    }

    fn locks_queue(&self) -> Result<(), String> {
        // Refused is fine: callers do without.
        let Ok(held) = self.store.lock(&self.key, Duration::from_secs(5)) else { return Ok(()) };
        let elsewhere = self.store.lock(&self.other(), Duration::from_secs(5));
        holds(!matches!(elsewhere, Err(StoreError::Busy)), "the lock of one key is not that of another")?;
        let began = Unix.monotonic();
        at_once(&|_| {
            drop(self.store.lock(&self.key, Duration::from_millis(50)));
            Ok(())
        })?;
        holds(
            Unix.monotonic().saturating_sub(began) < Duration::from_secs(5),
            "a wait for a lock ends when its time is over",
        )?;
        drop((held, elsewhere));
        let again = self.store.lock(&self.key, Duration::from_secs(5));
        holds(!matches!(again, Err(StoreError::Busy)), "a lock is free when its holder has let it go")
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, String> {
        self.store.read(key).map_err(|error| format!("a read failed: {error}"))
    }

    fn write(&self, data: &[u8], version: &str) -> Result<(), String> {
        let written = self.store.write(&self.key, &Entry::new(data, version));
        written.map_err(|error| format!("a write over the version that is there failed: {error}"))
    }

    fn delete(&self, version: &str) -> Result<(), String> {
        let deleted = self.store.delete(&self.key, version);
        deleted.map_err(|error| format!("a delete of the version that is there failed: {error}"))
    }

    /// Whether a write is refused because somebody was faster.
    fn is_busy(&self, data: &[u8], version: &str) -> Result<bool, String> {
        is_refused(self.store.write(&self.key, &Entry::new(data, version)), "a write")
    }

    /// The version of the entry, which must hold `data`.
    fn there(&self, data: &[u8]) -> Result<String, String> {
        let entry = self.read(&self.key)?.ok_or("what was written is not there")?;
        holds(entry.reveal() == data, "reading gives what was written last")?;
        Ok(entry.version().to_owned())
    }

    fn version(&self) -> Result<String, String> {
        Ok(self.read(&self.key)?.map_or(String::new(), |entry| entry.version().to_owned()))
    }
}

fn holds(kept: bool, promise: &str) -> Result<(), String> {
    if kept { Ok(()) } else { Err(format!("not kept: {promise}")) }
}

fn is_refused(outcome: Result<(), StoreError>, what: &str) -> Result<bool, String> {
    match outcome {
        Ok(()) => Ok(false),
        Err(StoreError::Busy) => Ok(true),
        Err(error) => Err(format!("{what} failed, and not because somebody was faster: {error}")),
    }
}

fn at_once<R: Send>(work: &(dyn Fn(usize) -> Result<R, String> + Sync)) -> Result<Vec<R>, String> {
    together(THREADS, work).map_err(|error| error.to_string())?.into_iter().collect()
}
