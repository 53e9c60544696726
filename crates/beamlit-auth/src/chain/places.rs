//! Where a login lies: its key in the store, and its entry in the platform's own file.

use std::path::PathBuf;
use std::sync::Arc;

use crate::chain::current::Current;
use crate::chain::{Login, fit};
use crate::config::Settings;
use crate::credential::Credential;
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::record::{Record, State};
use crate::renewal::Ledger;
use crate::secret::digest;
use crate::store::mirror::{Held, Mirror, Seen};
use crate::sys::System;

/// The key of a login: a digest, so that no name in it can lead anywhere else on a disk. Keys and client credentials lie
/// under the platform's own client.
pub(crate) fn key(settings: &Settings, credential: Option<&Credential>, workspace: Option<&str>) -> String {
    let client_id = client_id(settings, credential).unwrap_or_default();
    let parts =
        [settings.base(), client_id.to_owned(), workspace.unwrap_or_default().to_owned(), String::new()];
    digest(parts.join("\n").as_bytes())
}

/// The client that a login is made as.
pub(crate) fn client_id<'a>(settings: &'a Settings, credential: Option<&'a Credential>) -> Option<&'a str> {
    let own = credential.filter(|credential| credential.is_interactive()).and_then(Credential::client_id);
    own.or_else(|| settings.platform.client_id())
}

/// The platform's own file, if the logins that are made with `credential` are mirrored there: those of the platform's own
/// client.
pub(crate) fn mirror(
    settings: &Settings,
    credential: Option<&Credential>,
    system: &Arc<dyn System>,
) -> Option<Mirror> {
    let file = settings.mirror.clone()?;
    if client_id(settings, credential) != settings.platform.client_id() {
        return None;
    }
    Some(Mirror::new(file, &settings.platform, &settings.base(), Arc::clone(system)))
}

/// What was found in the store and in the platform's file.
pub(super) struct Places {
    pub(super) login: Result<Option<Login>>,
    /// What the platform's file says, if logins are mirrored there and a workspace is known.
    pub(super) mirrored: Option<Mirrored>,
}

/// What the platform's file says of a workspace.
pub(super) struct Mirrored {
    pub(super) file: PathBuf,
    pub(super) seen: std::result::Result<Seen, String>,
}

/// The login of the workspace that is set, or of the current one. Its error is the store's, `LoginRequired` for a login
/// that is of no use any more or lacks a scope, or `InvalidConfig` for one of another rotation.
pub(super) fn find(
    settings: &Settings,
    interactive: Option<&Credential>,
    system: &Arc<dyn System>,
) -> Places {
    let mut mirrored = None;
    let login = find_login(settings, interactive, system, &mut mirrored);
    Places { login, mirrored }
}

fn find_login(
    settings: &Settings,
    interactive: Option<&Credential>,
    system: &Arc<dyn System>,
    mirrored: &mut Option<Mirrored>,
) -> Result<Option<Login>> {
    interactive.map(Credential::check).transpose()?;
    let store = match settings.store.open(system) {
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
        None => Current::new(settings, Arc::clone(&store), system).workspace()?,
    };
    let key = key(settings, interactive, workspace.as_deref());
    let ledger = Ledger::new(Arc::clone(&store), key.clone(), Arc::clone(system));
    let (record, _, aside) = ledger.look()?;
    let mirror = mirror(settings, interactive, system);
    if let (Some(mirror), Some(workspace)) = (&mirror, &workspace) {
        let seen = ledger.seen(mirror, workspace, &record);
        *mirrored = Some(Mirrored { file: mirror.file.clone(), seen });
    }
    let untried = match mirrored.as_ref().map(|mirrored| &mirrored.seen) {
        Some(Ok(Seen::Unknown(held))) => Some(held.clone()),
        _ => None,
    };
    let found = record.id.clone();
    match (record.state, untried) {
        (_, Some(held)) => {
            if record.is_live() && matches!(held, Held::Login { .. }) {
                fit::check(&record, interactive, settings, &*store)?;
            }
            let record = with_held(record, &held, settings, workspace);
            Ok(Some(Login { store, key, record, untried: Some(held), mirror, found }))
        }
        (State::Empty, None) => aside.map_or(Ok(None), Err),
        (State::LoggedOut, None) => {
            Err(Error::login_required(Reason::LoggedOut, "the login was ended by a logout; run `bl login`"))
        }
        (State::Live | State::Dead, None) => {
            fit::check(&record, interactive, settings, &*store)?;
            Ok(Some(Login { store, key, record, untried: None, mirror, found }))
        }
    }
}

/// What a session begins with that uses a credential of the platform's file: a key and client credentials win as they
/// stand; a login is one only when a renewal has tried it, and until then the record's token is good.
fn with_held(record: Record, held: &Held, settings: &Settings, workspace: Option<String>) -> Record {
    let mut new = Record::empty();
    (new.state, new.generation, new.workspace) = (State::Live, record.generation, workspace);
    new.base = settings.base();
    new.client_id = settings.platform.client_id().map(str::to_owned);
    match held {
        Held::Login { .. } if record.is_live() && record.spends() => return record,
        Held::Login { .. } => "device_code".clone_into(&mut new.kind),
        Held::ApiKey(key) => {
            "api_key".clone_into(&mut new.kind);
            new.secret = Some(Arc::clone(key));
        }
        Held::Client { client_id, client_secret } => {
            "client_credentials".clone_into(&mut new.kind);
            new.client_id = Some(client_id.clone());
            new.secret = Some(Arc::clone(client_secret));
        }
    }
    new
}
