//! The choice of a workspace, where the account has several: nobody but the person knows which one is meant.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::login::Login;
use crate::login::desk::Desk;
use crate::printable::printable;
use crate::session::Session;
use crate::sys::Guard;
use crate::wire::response::TokenResponse;

/// What the server gave to somebody who named no workspace.
pub(super) struct Undecided {
    pub(super) names: Vec<String>,
    pub(super) tokens: TokenResponse,
    /// When the request for them was sent, since 1970.
    pub(super) since: Duration,
}

impl Login {
    /// The workspaces to choose from: several if the login was started without one, was approved, and has therefore
    /// failed with `InvalidArgument`. Otherwise none.
    pub fn workspaces(&self) -> Vec<String> {
        let names =
            |desk: &Desk| desk.state.lock().undecided.as_ref().map(|undecided| undecided.names.clone());
        self.0.0.desk().ok().and_then(|desk| names(&desk.1)).unwrap_or_default()
    }

    /// Finishes the login for one of [`Login::workspaces`]. Until then nothing is stored, and [`Login::cancel`] forgets
    /// what was approved.
    ///
    /// # Errors
    /// `InvalidArgument` for another name; the store's.
    pub fn choose(&self, workspace: &str) -> Result<Session> {
        let desk = self.0.0.desk()?;
        let mut state = desk.1.state.lock();
        let is_one = |undecided: &mut Undecided| undecided.names.iter().any(|name| name == workspace);
        let Some(Undecided { tokens, since, .. }) = state.undecided.take_if(is_one) else {
            let message = "that is no workspace which this login can be finished for";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        let kept = Guard::unlocked(&mut state, || self.0.0.keep(Some(workspace.to_owned()), tokens, since));
        state.outcome = Some(kept.clone());
        kept
    }
}

impl Desk {
    /// Sets the login aside until somebody chooses. The error that tells so, and names the workspaces.
    pub(super) fn set_aside(&self, undecided: Undecided) -> Error {
        let listed = printable(&undecided.names.join(", "), 400);
        let mut state = self.state.lock();
        // Whoever cancelled meanwhile is not waiting for a choice.
        if state.outcome.is_none() {
            state.undecided = Some(undecided);
        }
        let message =
            format!("this account has several workspaces ({listed}); log in to one of them by its name");
        Error::new(ErrorKind::InvalidArgument, message)
    }
}
