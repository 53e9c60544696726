//! A renewal: asks the credential's grant once and makes a snapshot of what it gives.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::Snapshot;
use crate::config::Settings;
use crate::credential::Credential;
use crate::emulator_mark;
use crate::error::Result;
use crate::flows::Io;
use crate::grant;
use crate::headers::{Headers, Style};
use crate::platform::DEFAULT_LIFETIME;
use crate::token::{Life, Moment, Token};

/// What one request to an authorization server may take, whoever waits for it.
const CALL_LIMIT: Duration = Duration::from_secs(20);

/// Everything that a renewal is made from. The same for a session's whole life.
pub(crate) struct Renewal {
    pub(crate) settings: Settings,
    pub(crate) credential: Credential,
    pub(crate) style: Style,
}

impl Renewal {
    /// Obtains the token of `generation`.
    ///
    /// # Blocking
    /// At most the call limit of 20 s; not at all for a credential that is never renewed.
    pub(crate) fn run(&self, io: &Io, generation: u64) -> Result<Arc<Snapshot>> {
        // Before the request leaves: the server counts from some moment after this one.
        let since = Moment { boot: io.system.boot(), wall: io.system.wall() };
        let deadline = io.system.monotonic() + CALL_LIMIT;
        let answer = grant::obtain(&self.credential, &self.settings, io, deadline)?;
        let length = answer.expires_in.or((!self.credential.is_fixed()).then_some(DEFAULT_LIFETIME));
        let life = Life::new(since, length);
        let workspace = self.settings.platform.workspace_header().zip(self.settings.workspace.as_deref());
        let headers = Headers::render(&answer.access_token, &self.style, workspace, generation);
        let marked = emulator_mark::is_marked(answer.access_token.reveal());
        let scope = answer.scope.unwrap_or_default();
        let token = Token::new(answer.access_token, answer.bearer, scope, life.expires_at(), generation);
        Ok(Arc::new(Snapshot::new(token, headers, life, marked)))
    }
}
