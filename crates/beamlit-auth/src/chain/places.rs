//! Where a login lies in its store: keys, and which workspace is the current one.

use std::sync::Arc;

use crate::chain::{Login, fit};
use crate::config::Settings;
use crate::credential::Credential;
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::record::{Record, State};
use crate::renewal::Ledger;
use crate::secret::digest;
use crate::store::{self, Store};
use crate::sys::System;

/// The kind of the record that names the current workspace of a base URL.
pub(crate) const CURRENT: &str = "current";

/// What a login is to: the API's base URL, or the issuer.
pub(crate) fn base(settings: &Settings) -> String {
    let url = settings.issuer.as_ref().or(settings.api_url.as_ref());
    url.map_or("", |url| url.as_str()).trim_end_matches('/').to_owned()
}

/// The key of a login: a digest, so that no name in it can lead anywhere else on a disk. Keys and client credentials lie
/// under the platform's own client.
pub(crate) fn key(settings: &Settings, credential: Option<&Credential>, workspace: Option<&str>) -> String {
    let client_id = client_id(settings, credential).unwrap_or_default();
    let parts =
        [base(settings), client_id.to_owned(), workspace.unwrap_or_default().to_owned(), String::new()];
    digest(parts.join("\n").as_bytes())
}

/// The client that a login is made as.
pub(crate) fn client_id<'a>(settings: &'a Settings, credential: Option<&'a Credential>) -> Option<&'a str> {
    let own = credential.filter(|credential| credential.is_interactive()).and_then(Credential::client_id);
    own.or_else(|| settings.platform.client_id())
}

/// The place of the record that names the current workspace.
pub(crate) fn current(settings: &Settings, store: Arc<dyn Store>, system: Arc<dyn System>) -> Ledger {
    Ledger::new(store, digest(format!("{CURRENT}\n{}", base(settings)).as_bytes()), system)
}

/// The current workspace, if one is set.
pub(crate) fn current_workspace(ledger: &Ledger) -> Result<Option<String>> {
    let (record, _) = ledger.read()?;
    Ok(record.workspace.filter(|_| record.kind == CURRENT))
}

/// Makes `workspace` the current one; `None` leaves none.
pub(crate) fn set_current(ledger: &Ledger, base: &str, workspace: Option<&str>) -> Result<()> {
    let change = |_: &Record| {
        let mut record = Record::empty();
        record.state = State::Live;
        CURRENT.clone_into(&mut record.kind);
        base.clone_into(&mut record.base);
        record.workspace = workspace.map(str::to_owned);
        record
    };
    ledger.overwrite(&change).map(drop)
}

/// The login of the workspace that is set, or of the current one.
///
/// # Errors
/// The store's; `LoginRequired` for a login that is of no use any more, or that lacks a scope; `InvalidConfig` for one of
/// another rotation.
pub(super) fn find(
    settings: &Settings,
    interactive: Option<&Credential>,
    system: &Arc<dyn System>,
) -> Result<Option<Login>> {
    interactive.map(Credential::check).transpose()?;
    let store = match store::open(&settings.store, system) {
        Ok(store) => store,
        // Without a home folder nobody can have logged in.
        Err(error) if error.kind() == ErrorKind::StoreUnavailable => {
            let message = format!("no credential is set, and {}", error.message());
            return Err(Error::login_required(Reason::NoCredential, message));
        }
        Err(error) => return Err(error),
    };
    let workspace = match &settings.workspace {
        Some(workspace) => Some(workspace.clone()),
        None => current_workspace(&current(settings, Arc::clone(&store), Arc::clone(system)))?,
    };
    let key = key(settings, interactive, workspace.as_deref());
    let (record, _) = Ledger::new(Arc::clone(&store), key.clone(), Arc::clone(system)).find()?;
    match record.state {
        State::Empty => Ok(None),
        State::LoggedOut => {
            Err(Error::login_required(Reason::LoggedOut, "the login was ended by a logout; run `bl login`"))
        }
        State::Live | State::Dead => {
            fit::check(&record, interactive, settings)?;
            Ok(Some(Login { store, key, record }))
        }
    }
}
