//! Tokens of a grant that spends nothing, shared by the processes of a machine: one request for all at each expiry.
//!
//! There is no claim, because nothing is lost with an answer, and nothing is put on the disk for good. Whatever the store
//! cannot do, the renewal goes on in memory.

use std::sync::Arc;

use crate::cache::Snapshot;
use crate::config::Settings;
use crate::credential::{ClientCredentials, Credential};
use crate::error::Result;
use crate::flows::Io;
use crate::grant;
use crate::platform::DEFAULT_LIFETIME;
use crate::record::{Record, State, millis};
use crate::renewal::{CALL_LIMIT, Found, Ledger, Renewal};
use crate::secret::digest;

/// The key of the entry that holds the token of `client`: another one for everything that the token depends on, the
/// secret among it, so that nobody is served who could not ask.
pub(crate) fn key(settings: &Settings, client: &ClientCredentials) -> String {
    let word = |text: &Option<String>| text.clone().unwrap_or_default();
    let parts = [
        "shared".to_owned(),
        settings.base(),
        client.client_id.clone(),
        client.client_secret.digest(),
        word(&settings.workspace),
        word(&client.audience),
        word(&client.resource),
        word(&client.scope),
    ];
    digest(parts.join("\n").as_bytes())
}

impl Renewal {
    /// A token that somebody else obtained, or one that is asked for here and shared.
    pub(super) fn obtain_shared(
        &self,
        ledger: &Ledger,
        credential: &Credential,
        io: &Io,
        found: &Found,
    ) -> Result<Arc<Snapshot>> {
        let _lock = ledger.lock();
        let (former, version) = ledger.read().unwrap_or_else(|_| (Record::empty(), String::new()));
        let snapshot = self.recorded(&former, io.now())?;
        let is_newer = |snapshot: &Arc<Snapshot>| {
            former.generation > found.generation && found.is_served_by(snapshot, io.now())
        };
        if let Some(snapshot) = snapshot.filter(is_newer) {
            return Ok(snapshot);
        }
        // Before the request leaves: the server counts from some moment after this one.
        let since = io.system.wall();
        let deadline = io.system.monotonic() + CALL_LIMIT;
        let answer = grant::obtain(credential, &self.settings, io, deadline)?;
        let mut record = Record::empty();
        record.state = State::Live;
        "shared".clone_into(&mut record.kind);
        record.generation = former.generation.max(found.generation) + 1;
        record.access_token = Some(Arc::new(answer.access_token));
        record.scope = answer.scope.unwrap_or_default();
        record.issued_at_ms = millis(since);
        record.lifetime_ms = millis(answer.expires_in.unwrap_or(DEFAULT_LIFETIME));
        if let Err(error) = ledger.write_lightly(&mut record, &version) {
            log::info!(target: "beamlit_auth", "a token is not shared: {error}");
        }
        match self.recorded(&record, io.now())? {
            Some(snapshot) => Ok(snapshot),
            None => self.obtain(credential, io, record.generation, CALL_LIMIT),
        }
    }
}
