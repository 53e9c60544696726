#![expect(clippy::disallowed_methods, reason = "a test makes the files that the store is to find")]

use std::path::PathBuf;
use std::sync::Arc;

use crate::secret::Secret;
use crate::store::encrypted_file::EncryptedFileStore;
use crate::store::{Entry, Shelf as _, Store as _, StoreError, conformance};
use crate::sys::{System as _, Unix};

/// A folder of its own, gone with this value.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("beamlit-auth-sealed-{:016x}", Unix.random().unwrap())))
    }

    fn store(&self, passphrase: Option<&str>) -> EncryptedFileStore {
        let passphrase = passphrase.map(|text| Arc::new(Secret::new(text)));
        EncryptedFileStore::new(self.0.clone(), passphrase, Arc::new(Unix))
    }

    /// The one file of an entry.
    fn file(&self, key: &str) -> PathBuf {
        let numbers = Unix.list(&self.0.join(key)).unwrap();
        let [number] = numbers.as_slice() else { panic!("{numbers:?}") };
        self.0.join(key).join(number)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn sealed_files_keep_the_promises_of_a_store() {
    let home = Home::new();
    conformance(&home.store(Some("CANARY passphrase"))).unwrap();
    // Those of a store that is there already too.
    conformance(&home.store(Some("CANARY passphrase"))).unwrap();
}

#[test]
fn nothing_of_what_is_sealed_stands_in_a_file() {
    let home = Home::new();
    home.store(Some("CANARY passphrase")).write("key", &Entry::new("CANARY data", "")).unwrap();
    for key in ["key", "key-derivation"] {
        let bytes = std::fs::read(home.file(key)).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"CANARY"), "{key}");
    }
    assert_eq!(home.store(Some("CANARY passphrase")).read("key").unwrap().unwrap().reveal(), b"CANARY data");
    assert_eq!(home.store(None).keys().unwrap(), ["key"]);
}

#[test]
fn without_the_passphrase_a_store_is_locked_and_stays_as_it_is() {
    let home = Home::new();
    assert!(
        matches!(home.store(None).read("key"), Err(StoreError::Locked(text)) if text.contains("BL_STORE_PASSPHRASE"))
    );
    home.store(Some("right")).write("key", &Entry::new("data", "")).unwrap();
    let before = std::fs::read(home.file("key")).unwrap();
    for wrong in [None, Some("CANARY wrong")] {
        let store = home.store(wrong);
        let Err(StoreError::Locked(text)) = store.read("key") else { panic!("it was read") };
        assert!(!text.contains("CANARY"), "{text}");
        assert!(matches!(store.write("key", &Entry::new("x", "")), Err(StoreError::Locked(_))));
        assert!(matches!(store.write("new", &Entry::new("x", "")), Err(StoreError::Locked(_))));
    }
    assert_eq!(std::fs::read(home.file("key")).unwrap(), before);
}

#[test]
fn of_two_who_begin_a_store_at_once_the_slower_uses_what_the_faster_made() {
    let home = Home::new();
    std::thread::scope(|scope| {
        for number in 0..3 {
            let store = home.store(Some("same"));
            scope.spawn(move || store.write(&format!("key{number}"), &Entry::new("data", "")).unwrap());
        }
    });
    let store = home.store(Some("same"));
    assert!((0..3).all(|number| store.read(&format!("key{number}")).unwrap().is_some()));
}

#[test]
fn what_was_changed_or_moved_is_set_aside_and_a_newer_format_is_left_alone() {
    let home = Home::new();
    let store = home.store(Some("right"));
    let write = |key: &str| store.write(key, &Entry::new("data", "")).unwrap();
    write("changed");
    let mut bytes = std::fs::read(home.file("changed")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(home.file("changed"), bytes).unwrap();
    write("one");
    write("other");
    std::fs::copy(home.file("one"), home.file("other")).unwrap();
    write("torn");
    std::fs::write(home.file("torn"), b"").unwrap();
    for key in ["changed", "other", "torn"] {
        assert!(matches!(store.read(key), Err(StoreError::SetAside(_))), "{key}");
        assert!(store.read(key).unwrap().is_none(), "{key}");
        write(key);
    }
    std::fs::write(home.file("one"), b"beamlit-seal-2\nCANARY").unwrap();
    assert!(matches!(store.read("one"), Err(StoreError::Unsupported(_))));
    assert!(home.file("one").exists());
}

#[test]
fn a_header_that_asks_for_too_much_or_is_none_is_refused() {
    let home = Home::new();
    home.store(Some("right")).write("key", &Entry::new("data", "")).unwrap();
    let header = std::fs::read_to_string(home.file("key-derivation")).unwrap();
    let bad = [
        header.replace("65536", "4000000000"),
        header.replace("\"passes\":3", "\"passes\":4000000000"),
        header.replace("\"lanes\":4", "\"lanes\":0"),
        "{}".to_owned(),
        "CANARY".to_owned(),
    ];
    for bad in bad {
        std::fs::write(home.file("key-derivation"), &bad).unwrap();
        let Err(StoreError::Corrupt(text)) = home.store(Some("right")).read("key") else { panic!("{bad}") };
        assert!(!text.contains("CANARY"), "{text}");
    }
    std::fs::write(home.file("key-derivation"), header.replace("\"format\":1", "\"format\":2")).unwrap();
    assert!(matches!(home.store(Some("right")).read("key"), Err(StoreError::Unsupported(_))));
}
