//! Whether a credential is good, asked of the platform's API before it is stored.

use std::time::Duration;

use serde_json::Value;

use crate::config::Settings;
use crate::credential::Credential;
use crate::error::{Error, ErrorKind, Result};
use crate::flows::Io;
use crate::grant;
use crate::http::{Request, Response};
use crate::origin::without_query;
use crate::printable::printable;
use crate::renewal::CALL_LIMIT;
use crate::secret::Secret;
use crate::wire::refusal::refusal;

/// Verifies a credential that is to be stored: client credentials by a token, and on the platform a workspace by its
/// own endpoint.
pub(super) fn credential(
    credential: &Credential,
    settings: &Settings,
    io: &Io,
    deadline: Duration,
) -> Result<()> {
    let answer = grant::obtain(credential, settings, io, deadline)?;
    let Some(url) = settings.api_url.as_ref().filter(|_| settings.issuer.is_none()) else { return Ok(()) };
    let path =
        settings.workspace.as_ref().map_or("/workspaces".to_owned(), |name| format!("/workspaces/{name}"));
    let response = get(&url.join(&path)?, &answer.access_token, io, deadline)?;
    let place = without_query(url.as_str());
    match (response.status, &settings.workspace) {
        (200, _) => Ok(()),
        (401, _) => {
            Err(Error::new(ErrorKind::InvalidClient, format!("{place} does not accept this credential"))
                .with_status(401))
        }
        (403 | 404, Some(name)) => {
            let message =
                format!("this credential gives no access to the workspace {name} at {place}; check the name");
            Err(Error::new(ErrorKind::AccessDenied, message).with_status(response.status))
        }
        _ => Err(refusal(&response, &place)),
    }
}

/// The workspace of an account that has just one; `None` if the account has none, or if that cannot be found out.
///
/// # Errors
/// `InvalidArgument` that names them if there are several: nobody but the person knows which one is meant.
pub(super) fn only_workspace(io: &Io, settings: &Settings, token: &Secret) -> Result<Option<String>> {
    let names = workspaces(io, settings, token).unwrap_or_default();
    if names.len() < 2 {
        return Ok(names.into_iter().next());
    }
    let listed = printable(&names.join(", "), 400);
    let message =
        format!("this account has several workspaces ({listed}); log in to one of them by its name");
    Err(Error::new(ErrorKind::InvalidArgument, message))
}

fn workspaces(io: &Io, settings: &Settings, token: &Secret) -> Option<Vec<String>> {
    let url = settings.api_url.as_ref().filter(|_| settings.issuer.is_none())?.join("/workspaces").ok()?;
    let response = get(&url, token, io, io.system.monotonic() + CALL_LIMIT).ok()?;
    let list: Value = serde_json::from_slice(&response.body).ok()?;
    Some(
        list.as_array()?
            .iter()
            .filter_map(|workspace| workspace["name"].as_str().map(str::to_owned))
            .collect(),
    )
}

fn get(url: &crate::origin::Url, token: &Secret, io: &Io, deadline: Duration) -> Result<Response> {
    let authorization = Some(Secret::new(format!("Bearer {}", token.reveal())));
    io.http.exchange(&Request { url: url.clone(), authorization, body: None, deadline })
}
