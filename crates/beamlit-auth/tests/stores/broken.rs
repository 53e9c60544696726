use beamlit_auth::store::{StoreError, conformance};

use crate::stores::vault::{Flaw, Vault};

#[test]
fn every_promise_that_is_not_kept_is_found_and_named() {
    conformance(&Vault::default()).unwrap();
    let flaws = [
        (Flaw::BlindWrite, "refused"),
        (Flaw::BlindDelete, "a delete of"),
        (Flaw::VersionOfData, "version"),
        (Flaw::VersionsAnew, "does not come again after a delete"),
        (Flaw::Lines, "reading gives what was written last"),
        (Flaw::ShortKeys, "another key has no entry"),
    ];
    for (flaw, what) in flaws {
        let fault = conformance(&Vault::with(flaw)).unwrap_err();
        assert!(fault.contains(what), "{fault}");
    }
}

#[test]
fn a_store_that_looks_before_it_writes_loses_writes_and_is_found() {
    let found = (0..50).any(|_| conformance(&Vault::with(Flaw::LooksBeforeItWrites)).is_err());
    assert!(found);
}

#[test]
fn a_store_that_fails_is_named_with_what_it_says() {
    let vault = Vault::default();
    *vault.refusal.lock().unwrap() = Some(StoreError::Unavailable("no route".to_owned()));
    assert!(conformance(&vault).unwrap_err().contains("no route"));
}
