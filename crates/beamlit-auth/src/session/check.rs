//! Whether the platform accepts a credential.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::flows::workspaces;
use crate::secret::Secret;
use crate::session::{Call, Session};
use crate::token::Token;

impl Session {
    /// Asks the platform whether it accepts the credential. The same call as [`Call::check`] with the configuration's time
    /// limit.
    pub fn check(&self) -> Result<()> {
        self.call().check()
    }

    fn check_until(&self, deadline: Duration) -> Result<()> {
        let token = self.token_until(deadline)?;
        match self.ask(&token, deadline) {
            Err(error) if error.http_status() == Some(401) && self.invalidate(token.generation()) => {
                self.ask(&self.token_until(deadline)?, deadline)
            }
            answer => answer,
        }
    }

    fn token_until(&self, deadline: Duration) -> Result<Token> {
        self.call().timeout(deadline.saturating_sub(self.0.flight.system.monotonic())).token()
    }

    fn ask(&self, token: &Token, deadline: Duration) -> Result<()> {
        let secret = Secret::new(token.reveal());
        let asked = |io: &_| workspaces::check(&secret, self.settings(), io, deadline);
        if self.0.flight.with_io(asked)? {
            return Ok(());
        }
        let message = "an issuer URL names no API that could be asked whether it accepts the credential";
        Err(Error::new(ErrorKind::Unsupported, message))
    }
}

impl Call<'_> {
    /// Asks the platform whether it accepts the credential, and for the session's workspace. That is one request, after
    /// a renewal if that is due; a token that is refused although it has not expired is renewed and tried once more, as
    /// a program would.
    ///
    /// # Errors
    /// `InvalidClient` or `AccessDenied` if it does not, `Unsupported` at an issuer, which has no API to ask; else what
    /// the renewal, the server or the network is wrong with.
    pub fn check(self) -> Result<()> {
        let deadline = self.deadline();
        self.apart("beamlit-check", move |session| session.check_until(deadline))
    }
}
