use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use beamlit_auth::store::{Entry, Store, StoreError};
use beamlit_auth::{ClientCredentials, Config, ErrorKind, Login, Reason, Session};
use beamlit_emulator::{Emulator, Rotation};

use crate::stores::home::Home;
use crate::stores::vault::Vault;

fn config(emulator: &Emulator, vault: &Arc<Vault>) -> Config {
    let config = Config::new().workspace("acme").api_url(emulator.api_url());
    config.rotation("strict").store(Arc::clone(vault))
}

fn log_in(emulator: &Emulator, vault: &Arc<Vault>) -> Session {
    emulator.configure(|settings| settings.interval_s = 1);
    let login = Login::start(config(emulator, vault)).unwrap();
    assert!(emulator.approve(login.user_code()));
    login.wait().unwrap()
}

#[test]
fn a_login_lives_in_a_store_of_ones_own_and_is_renewed_there_once_for_all() {
    let (emulator, vault) = (Emulator::start().unwrap(), Arc::new(Vault::default()));
    emulator.configure(|settings| settings.rotation = Some(Rotation::Strict));
    let _logged_in = log_in(&emulator, &vault);
    let sessions: Vec<_> = (0..4).map(|_| Session::open(config(&emulator, &vault)).unwrap()).collect();
    emulator.advance(3 * 3600);
    for session in &sessions {
        let token = session.token().unwrap();
        assert!(session.invalidate(token.generation()));
    }
    let before = emulator.token_requests();
    let tokens: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            sessions.iter().map(|session| scope.spawn(|| session.token().unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(tokens.iter().all(|token| token.reveal() == tokens[0].reveal()));
    assert_eq!(emulator.token_requests() - before, 1);
    assert_eq!(emulator.reuse_events(), 0);
    assert!(sessions[0].explain().picked_json().contains("\"source\":\"vault\""));
    assert!(sessions[0].logout().unwrap().deleted);
    let error = Session::open(config(&emulator, &vault)).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::LoggedOut));
}

#[test]
fn what_a_store_fails_with_keeps_its_kind_and_is_one_line() {
    let (emulator, vault) = (Emulator::start().unwrap(), Arc::new(Vault::default()));
    let refusals = [
        (StoreError::Busy, ErrorKind::StoreBusy),
        (StoreError::Unavailable("two\nlines".to_owned()), ErrorKind::StoreUnavailable),
        (StoreError::Locked("locked".to_owned()), ErrorKind::StoreLocked),
        (StoreError::KeyMissing("gone".to_owned()), ErrorKind::LoginRequired),
        (StoreError::ReadOnly("read only".to_owned()), ErrorKind::LoginRequired),
        (StoreError::Corrupt("corrupt".to_owned()), ErrorKind::StoreCorrupt),
        (StoreError::Unsupported("newer".to_owned()), ErrorKind::Unsupported),
    ];
    for (refusal, kind) in refusals {
        *vault.refusal.lock().unwrap() = Some(refusal.clone());
        let error = Session::open(config(&emulator, &vault)).unwrap_err();
        assert_eq!(error.kind(), kind, "{refusal:?}: {error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

/// Named like a store in files, which it is none of.
struct Misnamed(Vault, String);

impl Store for Misnamed {
    fn name(&self) -> &str {
        &self.1
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.0.read(key)
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        self.0.write(key, entry)
    }

    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
        self.0.delete(key, version)
    }
}

#[test]
fn the_name_of_a_store_says_nothing_of_a_disk() {
    let emulator = Emulator::start().unwrap();
    let home = Home::new();
    let folder = home.path();
    // A store in files could not be written there: by root because it is another user's, by everybody else because of this.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let _ = std::os::unix::fs::chown(folder, Some(12345), None);
    let store = Misnamed(Vault::default(), format!("file:{folder}"));
    let config = Config::new().api_url(emulator.api_url()).store(store);
    let login = ClientCredentials::new("id", "CANARY-secret");
    let session = Session::open(config.credential(login).share(true)).unwrap();
    let picked: serde_json::Value = serde_json::from_str(&session.explain().picked_json()).unwrap();
    assert_eq!((&picked["store"], &picked["weaker"]), (&"file".into(), &serde_json::json!([])));
}

#[test]
fn a_store_that_fails_later_costs_no_valid_token_and_no_second_request() {
    let (emulator, vault) = (Emulator::start().unwrap(), Arc::new(Vault::default()));
    let session = log_in(&emulator, &vault);
    let token = session.token().unwrap();
    *vault.refusal.lock().unwrap() = Some(StoreError::Unavailable("down".to_owned()));
    assert_eq!(session.token().unwrap().reveal(), token.reveal());
    let before = emulator.token_requests();
    assert!(session.invalidate(token.generation()));
    assert_eq!(session.token().unwrap_err().kind(), ErrorKind::StoreUnavailable);
    assert_eq!(emulator.token_requests(), before, "no claim, no request");
}

#[test]
fn tokens_that_spend_nothing_are_shared_there_where_asked_for_and_never_fail_because_of_it() {
    let (emulator, vault) = (Emulator::start().unwrap(), Arc::new(Vault::default()));
    let (id, secret) = emulator.client_credentials("acme");
    let config = || config(&emulator, &vault).credential(ClientCredentials::new(&id, &secret));
    for _ in 0..3 {
        Session::open(config().share(true)).unwrap().token().unwrap();
    }
    assert_eq!(emulator.token_requests(), 1);
    let written = vault.writes.load(Ordering::SeqCst);
    Session::open(config()).unwrap().token().unwrap();
    assert_eq!((emulator.token_requests(), vault.writes.load(Ordering::SeqCst)), (2, written));
    *vault.refusal.lock().unwrap() = Some(StoreError::Unavailable("down".to_owned()));
    Session::open(config().share(true)).unwrap().token().unwrap();
}
