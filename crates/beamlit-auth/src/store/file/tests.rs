#![expect(clippy::disallowed_methods, reason = "a test makes the files that the store is to find")]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::record::Record;
use crate::store::file::FileStore;
use crate::store::{Entry, Shelf as _, Store as _, StoreError};
use crate::sys::{System, Unix, Work};

/// A folder of its own, gone with this value.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        let home = std::env::temp_dir().join(format!("beamlit-auth-store-{:016x}", Unix.random().unwrap()));
        std::fs::create_dir(&home).unwrap();
        Self(home)
    }

    fn store(&self) -> FileStore {
        FileStore::new(self.0.join("auth"), Arc::new(Unix))
    }

    fn entry(&self) -> PathBuf {
        self.0.join("auth/key")
    }

    fn names(&self) -> Vec<String> {
        let mut names = Unix.list(&self.entry()).unwrap();
        names.sort();
        names
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn read(store: &FileStore) -> Option<(String, String)> {
    let text = |entry: &Entry| String::from_utf8(entry.reveal().to_vec()).unwrap();
    store.read("key").unwrap().map(|entry| (text(&entry), entry.version().to_owned()))
}

fn write(store: &FileStore, text: &str, version: &str) -> Result<(), StoreError> {
    store.write("key", &Entry::new(text, version))
}

/// The real machine, which tells of every folder that is put on the disk.
struct Watched(Arc<Mutex<Vec<PathBuf>>>);

impl System for Watched {
    fn coarse(&self) -> u64 {
        Unix.coarse()
    }

    fn monotonic(&self) -> Duration {
        Unix.monotonic()
    }

    fn boot(&self) -> Duration {
        Unix.boot()
    }

    fn wall(&self) -> Duration {
        Unix.wall()
    }

    fn process(&self) -> u64 {
        Unix.process()
    }

    fn random(&self) -> crate::error::Result<u64> {
        Unix.random()
    }

    fn spawn(&self, name: &'static str, work: Work) -> crate::error::Result<()> {
        Unix.spawn(name, work)
    }

    crate::sys::disk_of_this_machine!(but create and sync_folder);

    fn create(&self, file: &Path, bytes: &[u8], durable: bool) -> std::io::Result<()> {
        Unix.create(file, bytes, durable)
    }

    fn sync_folder(&self, folder: &Path) -> std::io::Result<()> {
        self.0.lock().unwrap().push(folder.to_owned());
        Unix.sync_folder(folder)
    }
}

#[test]
fn a_new_entry_is_on_the_disk_under_its_name() {
    let home = Home::new();
    let synced = Arc::new(Mutex::new(Vec::new()));
    let store = FileStore::new(home.0.join("auth"), Arc::new(Watched(Arc::clone(&synced))));
    write(&store, "one", "").unwrap();
    let synced = synced.lock().unwrap();
    let place = |folder: PathBuf| synced.iter().position(|synced| *synced == folder).unwrap();
    assert!(place(home.0.join("auth")) < place(home.entry()), "{synced:?}");
}

#[test]
fn a_write_replaces_what_was_read_and_nothing_else() {
    let home = Home::new();
    let store = home.store();
    assert!(read(&store).is_none());
    write(&store, "one", "").unwrap();
    let (text, version) = read(&store).unwrap();
    assert_eq!(text, "one");
    assert!(matches!(write(&store, "stale", ""), Err(StoreError::Busy)));
    write(&store, "two", &version).unwrap();
    assert!(matches!(write(&store, "stale", &version), Err(StoreError::Busy)));
    assert_eq!(read(&store).unwrap().0, "two");
    assert_eq!(home.names(), ["3"], "lower numbers and temporary files are gone");
}

#[test]
fn a_writer_that_slept_through_a_sweep_is_not_believed() {
    let home = Home::new();
    let store = home.store();
    write(&store, "one", "").unwrap();
    let (_, slept) = read(&store).unwrap();
    for text in ["two", "three"] {
        let version = read(&store).unwrap().1;
        write(&store, text, &version).unwrap();
    }
    // Its number was swept, so its link succeeds: the look at what it read is all that refuses it.
    assert!(matches!(write(&store, "asleep", &slept), Err(StoreError::Busy)));
    assert_eq!(read(&store).unwrap().0, "three");
    assert_eq!(home.names(), ["4"]);
}

#[test]
fn no_update_is_lost_among_threads() {
    let home = Home::new();
    // A count, and what no other write has: a record has a random id, and without one a late writer could bring back the
    // very file that somebody has read.
    let (refused, written) = (AtomicU64::new(0), AtomicU64::new(0));
    let counted = |text: &str| text.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0_u64);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let store = home.store();
                for _ in 0..50 {
                    loop {
                        let (text, version) = read(&store).unwrap_or_default();
                        let id = written.fetch_add(1, Ordering::Relaxed);
                        match write(&store, &format!("{} {id}", counted(&text) + 1), &version) {
                            Ok(()) => break,
                            Err(StoreError::Busy) => refused.fetch_add(1, Ordering::Relaxed),
                            Err(other) => panic!("{other:?}"),
                        };
                    }
                }
            });
        }
    });
    // A write may be refused although it stood for a moment and somebody built on it, and is then made again: what
    // counts is that none is lost, and that none is made twice without a refusal.
    let count = counted(&read(&home.store()).unwrap().0);
    let refused = refused.load(Ordering::Relaxed);
    assert!((200..=200 + refused).contains(&count), "{count} of 200, {refused} refused");
}

#[test]
fn files_and_folders_are_private_whatever_the_umask_says() {
    let home = Home::new();
    write(&home.store(), "secret", "").unwrap();
    home.store().lock("key", Duration::ZERO).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&home.0.join("auth")), mode(&home.entry())), (0o700, 0o700));
    for name in home.names() {
        assert_eq!(mode(&home.entry().join(&name)), 0o600, "{name}");
    }
}

#[test]
fn what_is_no_record_is_set_aside_and_never_followed_or_waited_for() {
    type Make = fn(&Path);
    let make: [(&str, Make); 4] = [
        ("directory", |path| std::fs::create_dir(path).unwrap()),
        ("link", |path| symlink("/etc/hostname", path).unwrap()),
        ("pipe", |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
        ("too large", |path| std::fs::File::create(path).unwrap().set_len(100 * 1024 * 1024).unwrap()),
    ];
    for (what, make) in make {
        let home = Home::new();
        std::fs::create_dir_all(home.entry()).unwrap();
        make(&home.entry().join("7"));
        assert!(matches!(home.store().read("key"), Err(StoreError::SetAside(_))), "{what}");
        assert!(home.names()[0].starts_with("7.corrupt-"), "{what}");
        assert!(read(&home.store()).is_none(), "{what}");
        write(&home.store(), "anew", "").unwrap();
        assert_eq!(read(&home.store()).unwrap().0, "anew", "{what}");
    }
}

#[test]
fn an_intact_record_below_what_is_none_counts() {
    let home = Home::new();
    write(&home.store(), "one", "").unwrap();
    symlink("/etc/hostname", home.entry().join("7")).unwrap();
    assert_eq!(read(&home.store()).unwrap().0, "one");
}

#[test]
fn nothing_below_a_torn_record_counts_because_that_may_have_been_a_claim() {
    for content in [&b"\xff\xfe"[..], b"{"] {
        let home = Home::new();
        write(&home.store(), "one", "").unwrap();
        std::fs::write(home.entry().join("7"), content).unwrap();
        let torn = home.store().read("key").unwrap().unwrap();
        home.store().set_aside("key", torn.version()).unwrap();
        assert!(read(&home.store()).is_none(), "{:?}", home.names());
    }
}

#[test]
fn what_belongs_to_somebody_else_is_not_read_and_nothing_is_made_there() {
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        // Only root can give a folder away; the rule is the same for everybody.
        return;
    }
    let home = Home::new();
    chown(&home.0, Some(12345), None).unwrap();
    assert!(matches!(write(&home.store(), "mine", ""), Err(StoreError::ReadOnly(_))));
    assert_eq!(Unix.list(&home.0).unwrap(), [""; 0]);
}

#[test]
fn a_lock_is_waited_for_and_no_longer_than_allowed() {
    let home = Home::new();
    let held = home.store().lock("key", Duration::ZERO).unwrap();
    assert!(matches!(home.store().lock("key", Duration::from_millis(20)), Err(StoreError::Busy)));
    drop(held);
    assert!(home.store().lock("key", Duration::ZERO).is_ok());
}

#[test]
fn an_empty_record_is_nobodys_write() {
    assert!(Record::read(Record::empty().write().unwrap().reveal().as_bytes()).is_ok());
    for bad in ["", "{}", "null", "[]", "{\"format\":1}", "{\"format\":\"1\"}"] {
        assert!(Record::read(bad.as_bytes()).is_err(), "{bad}");
    }
    let newer = Record::read(b"{\"format\":2,\"x\":1}").err().unwrap();
    assert_eq!(newer.kind(), crate::ErrorKind::Unsupported);
}
