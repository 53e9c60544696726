//! What a login gave is kept: written to the store, and opened as a session.

use std::sync::Arc;
use std::time::Duration;

use crate::chain::current::Current;
use crate::chain::places;
use crate::credential::Credential;
use crate::error::{Error, ErrorKind, Result};
use crate::flows::{Io, workspaces};
use crate::login::choice::Undecided;
use crate::login::desk::{Desk, cancelled_before};
use crate::login::{Inner, verify};
use crate::platform::DEFAULT_LIFETIME;
use crate::record::{Record, State, millis};
use crate::renewal::{CALL_LIMIT, Ledger};
use crate::session::{Ground, Session};
use crate::store::mirror::Occasion;
use crate::wire::response::TokenResponse;

impl Inner {
    /// Keeps what the server gave, for the workspace that was named, or else for the only one of the account.
    pub(super) fn finish(&self, desk: &Desk, tokens: TokenResponse, since: Duration) -> Result<Session> {
        if self.settings.workspace.is_some() {
            return self.keep(self.settings.workspace.clone(), tokens, since);
        }
        let deadline = self.system.monotonic() + CALL_LIMIT;
        let mut names = workspaces::names(&tokens.access_token, &self.settings, &desk.io, deadline);
        if names.len() > 1 {
            return Err(desk.set_aside(Undecided { names, tokens, since }));
        }
        self.keep(names.pop(), tokens, since)
    }

    /// Stores what the server gave, and opens it as a session.
    pub(super) fn keep(
        &self,
        workspace: Option<String>,
        tokens: TokenResponse,
        since: Duration,
    ) -> Result<Session> {
        let TokenResponse { access_token, refresh_token, expires_in, scope, .. } = tokens;
        let (access_token, refresh_token) = (Arc::new(access_token), refresh_token.map(Arc::new));
        let device_code = self.codes.get().map(|issued| Arc::new(issued.codes.device_code.duplicate()));
        self.store(workspace, &|record| {
            record.access_token = Some(Arc::clone(&access_token));
            record.refresh_token.clone_from(&refresh_token);
            record.device_code.clone_from(&device_code);
            // RFC 6749 §5.1: a server that does not say has granted what was asked for.
            record.scope = scope.clone().unwrap_or_else(|| record.asked.clone());
            record.issued_at_ms = millis(since);
            record.lifetime_ms = millis(expires_in.unwrap_or(DEFAULT_LIFETIME));
        })
    }

    /// Verifies and stores a credential that needs no person.
    pub(super) fn store_at_once(&self, io: &Io, deadline: Duration) -> Result<Session> {
        verify::credential(&self.credential, &self.settings, io, deadline)?;
        let secret = match &self.credential {
            Credential::ApiKey(key) => Arc::clone(&key.api_key),
            Credential::ClientCredentials(client) => Arc::clone(&client.client_secret),
            Credential::DeviceLogin(_) | Credential::RefreshToken(_) => {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "a refresh token cannot be stored; open a session with it",
                ));
            }
        };
        self.store(self.settings.workspace.clone(), &|record| record.secret = Some(Arc::clone(&secret)))
    }

    /// Writes the record over whatever its key held, mirrors it in the platform's file, makes its workspace the current
    /// one, and opens the session; nothing of that if nobody wants the login any more.
    fn store(&self, workspace: Option<String>, fill: &dyn Fn(&mut Record)) -> Result<Session> {
        if !self.fate.keep() {
            return Err(cancelled_before());
        }
        let key = places::key(&self.settings, Some(&self.credential), workspace.as_deref());
        let ledger = Ledger::new(Arc::clone(&self.store), key, Arc::clone(&self.system));
        let base = self.settings.base();
        let mirror = places::mirror(&self.settings, Some(&self.credential), &self.system);
        let mirror = mirror.as_ref().zip(workspace.as_deref());
        // What the platform's file holds now is older than this login, whoever wrote it.
        let met = mirror.map_or_else(Vec::new, |(mirror, workspace)| mirror.digests(workspace));
        ledger.overwrite(&|former: &Record| {
            let mut record = Record::empty();
            record.known.clone_from(&former.known);
            record.remember(former.digests());
            record.remember(met.iter().cloned());
            record.generation = former.generation + 1;
            record.state = State::Live;
            record.base.clone_from(&base);
            record.workspace.clone_from(&workspace);
            self.credential.kind().clone_into(&mut record.kind);
            record.client_id = self.client_id().map(str::to_owned);
            self.scope().clone_into(&mut record.asked);
            record.rotation = self.settings.rotation.unwrap_or_else(|| self.settings.platform.rotation());
            fill(&mut record);
            record
        })?;
        if let Some((mirror, workspace)) = mirror {
            let record = || ledger.read().ok().map(|(record, _)| record);
            if let Err(unwritten) = mirror.write(workspace, Occasion::Login, &record) {
                log::warn!(target: "beamlit_auth", "the platform's own tools are not logged in: {unwritten}");
            }
        }
        Current::new(&self.settings, Arc::clone(&self.store), &self.system).set(workspace.as_deref())?;
        self.open(workspace)
    }

    /// The client that the credential is of; a key is of none.
    fn client_id(&self) -> Option<&str> {
        let platform = self.settings.platform.client_id().filter(|_| !self.credential.is_fixed());
        self.credential.client_id().or(platform)
    }

    /// The scope that is asked for; "" for what the server gives of itself.
    fn scope(&self) -> &str {
        match &self.credential {
            Credential::DeviceLogin(_) => self.codes.get().map_or("", |issued| &issued.codes.scope),
            Credential::ClientCredentials(client) => client.scope.as_deref().unwrap_or_default(),
            Credential::ApiKey(_) | Credential::RefreshToken(_) => "",
        }
    }

    /// The session of what was just stored.
    fn open(&self, workspace: Option<String>) -> Result<Session> {
        let mut config = self.config.clone().with_stored_credential(Arc::clone(&self.store));
        if let Some(workspace) = workspace {
            config = config.workspace(workspace);
        }
        let Ground { system, connect, flights, environment } = self.ground.clone();
        let environment = environment()?.without_credentials();
        let session = Session::open_on(system, connect(), flights, &config, &environment)?;
        Ok(self.session.get_or_init(|| session).clone())
    }
}
