//! Whether a stored login is the one that a session asks for.

use crate::config::Settings;
use crate::credential::Credential;
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::platform::Rotation;
use crate::printable::printable;
use crate::record::{Record, State};
use crate::store::Shelf;

/// The scope that asks for a refresh token; servers seldom name it among what they granted.
const OFFLINE: &str = "offline_access";

/// Checks `record` against what is asked for; `interactive` is the credential that names the login.
///
/// # Errors
/// `LoginRequired{insufficient_scope}` that names the scope which is missing, `InvalidConfig` for another rotation, or for
/// one that its `store` is not to hold.
pub(super) fn check(
    record: &Record,
    interactive: Option<&Credential>,
    settings: &Settings,
    store: &dyn Shelf,
) -> Result<()> {
    check_scope(record, interactive)?;
    if record.state == State::Live && record.spends() {
        check_store(store, record.rotation)?;
    }
    check_rotation(record, settings)
}

/// Checks whether a login of that rotation may lie in `store`.
///
/// # Errors
/// `InvalidConfig` that names the option.
pub(crate) fn check_store(store: &dyn Shelf, rotation: Rotation) -> Result<()> {
    if rotation == Rotation::None || store.admits_rotation() {
        return Ok(());
    }
    let message = format!(
        "{} takes no login whose refresh tokens the server spends (rotation {rotation}), because a fail-over may lose or double it; add rotating=1 to the URI to accept that, or use another store",
        store.name()
    );
    Err(Error::new(ErrorKind::InvalidConfig, message))
}

/// What the login asked for counts like what it was granted: a server that grants less, or by another name (RFC 6749
/// §3.3), does so the next time too. A key has no scope.
fn check_scope(record: &Record, interactive: Option<&Credential>) -> Result<()> {
    let Some(Credential::DeviceLogin(login)) = interactive else { return Ok(()) };
    let Some(scope) = login.scope.as_deref().filter(|_| record.kind != "api_key") else { return Ok(()) };
    let has = |word: &str| {
        let words = record.scope.split(' ').chain(record.asked.split(' '));
        words.into_iter().any(|had| had == word) || (word == OFFLINE && record.refresh_token.is_some())
    };
    let missing: Vec<&str> = scope.split(' ').filter(|word| !word.is_empty() && !has(word)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the stored login lacks the scope {}; log in again and ask for it (bl login --scope)",
        printable(&missing.join(" "), 200)
    );
    Err(Error::login_required(Reason::InsufficientScope, message))
}

/// Rotation is a fact of the server, noted by whoever logged in; two opinions on it would spend a token twice. A login
/// that is of no use any more may have another, because a refused replay has changed it.
fn check_rotation(record: &Record, settings: &Settings) -> Result<()> {
    match settings.rotation {
        Some(asked) if record.state == State::Live && record.spends() && asked != record.rotation => {
            let message = format!(
                "rotation is {asked}, but the stored login was made with {}; leave it unset, or log in anew to change it (bl login --force)",
                record.rotation
            );
            Err(Error::new(ErrorKind::InvalidConfig, message))
        }
        _ => Ok(()),
    }
}
