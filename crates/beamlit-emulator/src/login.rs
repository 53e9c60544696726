//! Logins as a test sees them: one that is wanted, and one that is there.

use std::fmt;

use serde::Serialize;

use crate::access_token::Grant;
use crate::device::{DeviceRequest, Status};
use crate::grants::device_code;
use crate::state::{DeviceDraft, State};

/// A device login on which nobody has decided yet.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PendingLogin {
    /// What the person enters, and what [`Emulator::approve`](crate::Emulator::approve) takes.
    pub user_code: String,
    /// The page that approves it, code included.
    pub verification_uri_complete: String,
    /// The client that asks.
    pub client_id: String,
    /// The workspace that the client named.
    pub workspace: Option<String>,
    /// The scope that the client asked for.
    pub scope: Option<String>,
}

impl PendingLogin {
    pub(crate) fn new(state: &State, device: DeviceRequest) -> Self {
        Self {
            verification_uri_complete: state.verification_uri_complete(&device.user_code),
            user_code: device.user_code,
            client_id: device.client_id,
            workspace: device.workspace,
            scope: device.scope,
        }
    }
}

/// A device login that was approved and whose tokens were fetched: what a client keeps of it.
///
/// `Debug` shows neither code nor tokens.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Login {
    /// The client that it is of.
    pub client_id: String,
    /// The workspace that it is for.
    pub workspace: String,
    /// The scope that was granted.
    pub scope: String,
    /// The device code, used.
    pub device_code: String,
    /// The first access token.
    pub access_token: String,
    /// The first refresh token.
    pub refresh_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Life of the access token, in seconds from now.
    pub expires_in: u32,
}

impl Login {
    /// Logs in as if all of it had happened over HTTP just now.
    pub(crate) fn seed(state: &State, client_id: &str, workspace: &str) -> Self {
        let settings = state.settings.lock().clone();
        let (workspace, scope) = (workspace.to_owned(), "offline_access".to_owned());
        let draft = DeviceDraft {
            client_id: client_id.to_owned(),
            workspace: Some(workspace.clone()),
            scope: Some(scope.clone()),
        };
        let (device_code, device) = state.begin_device(&settings, draft);
        state.devices.lock().decide(&device.user_code, Status::Used, None, device.requested_at_ms);
        let family = device_code::family(state, &device);
        let grant =
            Grant { identity: family.identity.clone(), scope: Some(&scope), family: Some(device.family) };
        let access_token = grant.issue(state, &settings);
        let refresh_token = state.begin_family(&settings, family);
        Self {
            client_id: device.client_id,
            workspace,
            scope,
            device_code,
            access_token,
            refresh_token,
            token_type: "Bearer".to_owned(),
            expires_in: settings.token_lifetime_s,
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Login");
        shown.field("client_id", &self.client_id).field("workspace", &self.workspace).finish_non_exhaustive()
    }
}
