//! The end of a login.

use std::sync::Arc;

use crate::chain::{Picked, places};
use crate::error::{Error, ErrorKind, Result};
use crate::flows::revocation;
use crate::record::{Record, State};
use crate::renewal::{CALL_LIMIT, Ledger};
use crate::session::Session;

/// What a logout did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logout {
    /// The server revoked the refresh token (RFC 7009).
    pub revoked: bool,
    /// The login was in the store and is not any more.
    pub deleted: bool,
}

impl Session {
    /// Ends the stored login: revokes its refresh token where the server can, then forgets it, and says which of the
    /// two happened. Other sessions of the login end with their token. A credential that the caller holds is no login.
    ///
    /// # Blocking
    /// One request, 20 s at most. A server that cannot be reached does not keep the login.
    ///
    /// # Errors
    /// `InvalidArgument` if the session has no stored login; the store's.
    pub fn logout(&self) -> Result<Logout> {
        let Some(Picked::Stored(login)) = &self.0.chain.picked else {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "this session has no stored login; nothing was ended",
            ));
        };
        let flight = &self.0.flight;
        let ledger = Ledger::new(Arc::clone(&login.store), login.key.clone(), Arc::clone(&flight.system));
        let (record, _) = ledger.read()?;
        let revoked = self.revoke(&record);
        let deleted = record.is_live() || record.state == State::Dead;
        ledger.overwrite(&|former: &Record| {
            let mut record = former.clone();
            record.log_out();
            record
        })?;
        let current = places::current(self.settings(), Arc::clone(&login.store), Arc::clone(&flight.system));
        if places::current_workspace(&current)? == record.workspace {
            places::set_current(&current, &record.base, None)?;
        }
        flight.forget();
        Ok(Logout { revoked, deleted })
    }

    /// Whether the server revoked the login's refresh token.
    fn revoke(&self, record: &Record) -> bool {
        let Some(token) = &record.refresh_token else { return false };
        let flight = &self.0.flight;
        let deadline = flight.system.monotonic() + CALL_LIMIT;
        let client_id = record.client_id.as_deref();
        flight
            .with_io(|io| revocation::revoke(token, client_id, self.settings(), io, deadline))
            .unwrap_or(false)
    }
}
