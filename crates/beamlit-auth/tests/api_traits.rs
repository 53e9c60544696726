//! What the types promise without saying it.

use std::error::Error as StdError;
use std::panic::{RefUnwindSafe, UnwindSafe};

use beamlit_auth::{
    ApiKey, ClientCredentials, Config, Credential, DeviceLogin, Error, ErrorKind, Explanation, Headers,
    Platform, Reason, RefreshToken, Session, Token,
};

fn is_shared<T: Clone + Send + Sync + 'static>() {}
fn is_what_a_session_opens_with<T: Into<Config> + Into<Credential>>() {}
fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn every_type_can_be_cloned_and_shared_between_threads() {
    is_shared::<Session>();
    is_shared::<Headers>();
    is_shared::<Token>();
    is_shared::<Explanation>();
    is_shared::<Config>();
    is_shared::<Credential>();
    is_shared::<Platform>();
    is_shared::<Error>();
}

#[test]
fn every_credential_is_a_configuration_by_itself() {
    is_what_a_session_opens_with::<ApiKey>();
    is_what_a_session_opens_with::<ClientCredentials>();
    is_what_a_session_opens_with::<DeviceLogin>();
    is_what_a_session_opens_with::<RefreshToken>();
}

#[test]
fn snapshots_survive_a_caught_panic() {
    is_unwind_safe::<Headers>();
    is_unwind_safe::<Token>();
    is_unwind_safe::<Config>();
}

#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn kinds_have_their_own_number_name_and_family() {
    let mut codes: Vec<i32> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
    codes.dedup();
    assert_eq!(codes.len(), ErrorKind::ALL.len());
    assert!(codes.is_sorted() && codes.iter().all(|code| *code >= 1000));
    for kind in ErrorKind::ALL {
        assert_eq!(kind.exit_code(), kind.code() / 1000);
        // The variant's name in words is the kind's name everywhere else.
        let snake: String = format!("{kind:?}")
            .chars()
            .flat_map(|c| c.is_uppercase().then_some('_').into_iter().chain(c.to_lowercase()))
            .collect();
        assert_eq!(snake.trim_start_matches('_'), kind.name());
    }
    assert_eq!(Reason::ALL.len(), 9);
}

#[test]
fn errors_say_one_line_and_hide_their_source_from_it() {
    let error = Session::open(Config::from(ApiKey::new("a b"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(!error.to_string().contains('\n') && !error.to_string().ends_with('.'));
    assert!(error.source().is_none());
}
