//! The end of a login.

use std::sync::Arc;

use crate::chain::current::Current;
use crate::chain::{Login, Picked};
use crate::error::{Error, ErrorKind, Result};
use crate::flows::revocation;
use crate::record::{Record, State};
use crate::renewal::{CALL_LIMIT, Ledger};
use crate::session::{Call, Session};
use crate::store::mirror::{Held, Occasion};

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
    /// two happened. Sessions that share its tokens end with it, the others with their own token. The same call as
    /// [`Call::logout`] with the configuration's time limit.
    pub fn logout(&self) -> Result<Logout> {
        self.call().logout()
    }

    /// Ends the login, however long that takes.
    fn end(&self) -> Result<Logout> {
        let login = self.stored_login()?;
        let flight = &self.0.flight;
        let ledger = Ledger::new(Arc::clone(&login.store), login.key.clone(), Arc::clone(&flight.system));
        let (record, _) = ledger.read()?;
        let revoked = self.revoke(login, &record);
        let mirror = login.mirror.as_ref().zip(self.workspace());
        // What the platform's file holds now ends too, whoever wrote it.
        let met = mirror.map_or_else(Vec::new, |(mirror, workspace)| mirror.digests(workspace));
        let deleted = record.is_live() || record.state == State::Dead || login.untried.is_some();
        ledger.overwrite(&|former: &Record| {
            let mut record = former.clone();
            record.remember(met.iter().cloned());
            record.log_out();
            record
        })?;
        if let Some((mirror, workspace)) = mirror {
            let record = || ledger.read().ok().map(|(record, _)| record);
            if let Err(unwritten) = mirror.write(workspace, Occasion::Logout, &record) {
                log::warn!(target: "beamlit_auth", "the platform's own tools stay logged in: {unwritten}");
            }
        }
        let current = Current::new(self.settings(), Arc::clone(&login.store), &flight.system);
        if current.workspace()?.as_deref() == self.workspace() {
            current.set(None)?;
        }
        flight.forget();
        Ok(Logout { revoked, deleted })
    }

    fn stored_login(&self) -> Result<&Login> {
        match &self.0.chain.picked {
            Some(Picked::Stored(login)) => Ok(login),
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                "this session has no stored login; nothing was ended",
            )),
        }
    }

    /// Whether the server revoked the login's refresh token.
    fn revoke(&self, login: &Login, record: &Record) -> bool {
        let untried = match &login.untried {
            Some(Held::Login { refresh_token, .. }) => Some(refresh_token),
            _ => None,
        };
        // What the platform's file holds is the newer login.
        let Some(token) = untried.or(record.refresh_token.as_ref()) else { return false };
        let flight = &self.0.flight;
        let deadline = flight.system.monotonic() + CALL_LIMIT;
        let client_id = record.client_id.as_deref().or_else(|| self.settings().platform.client_id());
        flight
            .with_io(|io| revocation::revoke(token, client_id, self.settings(), io, deadline))
            .unwrap_or(false)
    }
}

impl Call<'_> {
    /// Ends the stored login: revokes its refresh token where the server can, then forgets it, and says which of the
    /// two happened. A server that cannot be reached does not keep the login. A credential that the caller holds is no
    /// login.
    ///
    /// # Blocking
    /// One request, 20 s at most. The time limit, [`Call::while_waiting`] and [`Session::cancel`] end the wait for it;
    /// the logout goes on to its end.
    ///
    /// # Errors
    /// `InvalidArgument` if the session has no stored login; the store's; `DeadlineExceeded` and `Cancelled` if only the
    /// wait has ended.
    pub fn logout(self) -> Result<Logout> {
        self.session.stored_login()?;
        self.apart("beamlit-logout", Session::end)
    }
}
