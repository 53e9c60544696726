//! Stores of every kind, seen from outside: all keep the same promises, and a login lives in each alike.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "in a test, a step that fails ends the test"
)]

mod stores {
    mod broken;
    mod custom;
    pub(crate) mod home;
    pub(crate) mod vault;
}

use beamlit_auth::store::{self, Entry, StoreError};
use beamlit_auth::{Config, ErrorKind, Session};

use stores::home::Home;

#[test]
fn files_keep_the_promises_of_a_store() {
    let home = Home::new();
    let store = store::open(&format!("file:{}", home.path())).unwrap();
    store::conformance(&*store).unwrap();
    assert!(store.name().starts_with("file:/"));
}

#[test]
fn memory_keeps_the_promises_of_a_store() {
    store::conformance(&*store::open("memory").unwrap()).unwrap();
}

#[test]
fn a_key_never_leads_out_of_the_folder() {
    let home = Home::new();
    let store = store::open(&format!("file:{}/auth", home.path())).unwrap();
    for key in ["../out", "/tmp/out", "..", ".", "", "a/b", "lock\0", "é"] {
        assert!(matches!(store.write(key, &Entry::new("x", "")), Err(StoreError::Unavailable(_))), "{key}");
        assert!(matches!(store.read(key), Err(StoreError::Unavailable(_))), "{key}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn what_is_no_uri_of_a_store_is_refused_and_not_repeated() {
    for uri in ["file", "file:relative", "file:", "memory:x", "CANARY", "CANARY://x"] {
        let error = store::open(uri).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{uri}");
        assert!(!error.message().contains("CANARY"), "{error}");
        if uri != "file" {
            let error = Session::open(Config::new().store(uri)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{uri}");
        }
    }
}

#[test]
fn an_entry_never_shows_what_it_holds() {
    let entry = Entry::new("CANARY", "7");
    assert!(
        !format!("{entry:?}").contains("CANARY") && entry.reveal() == b"CANARY" && entry.version() == "7"
    );
}
