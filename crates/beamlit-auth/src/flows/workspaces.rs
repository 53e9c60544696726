//! The platform's own word on a token: whether it is accepted, and which workspaces it opens.

use std::time::Duration;

use serde_json::Value;

use crate::config::{Settings, check_workspace};
use crate::error::{Error, ErrorKind, Result};
use crate::flows::{Io, check_mark, shown};
use crate::http::{Request, Response};
use crate::origin::Url;
use crate::secret::Secret;
use crate::wire::refusal::refusal;

/// Asks the platform whether it accepts `token`, and lets it into the workspace if the settings name one. Whether
/// there is anybody to ask: an issuer has no such API.
///
/// # Errors
/// `InvalidClient` with status 401 if the token is not accepted, `AccessDenied` if the workspace is closed to it; else
/// what the server or the network is wrong with.
pub(crate) fn check(token: &Secret, settings: &Settings, io: &Io, deadline: Duration) -> Result<bool> {
    let Some(base) = api(settings) else { return Ok(false) };
    let name = settings.workspace.as_deref();
    let path = name.map_or("/workspaces".to_owned(), |name| format!("/workspaces/{name}"));
    let response = get(&base.join(&path)?, token, io, deadline)?;
    let place = shown(base);
    match (response.status, name) {
        (200, _) => Ok(true),
        (401, _) => {
            let message =
                format!("{place} does not accept this credential; check it, or log in with another");
            Err(Error::new(ErrorKind::InvalidClient, message).with_status(401))
        }
        (403 | 404, Some(name)) => {
            let message =
                format!("this credential gives no access to the workspace {name} at {place}; check the name");
            Err(Error::new(ErrorKind::AccessDenied, message).with_status(response.status))
        }
        _ => Err(refusal(&response, &place)),
    }
}

/// The names of the workspaces that `token` opens; none where that cannot be found out. What is no name is left out.
pub(crate) fn names(token: &Secret, settings: &Settings, io: &Io, deadline: Duration) -> Vec<String> {
    let listed = || {
        let url = api(settings)?.join("/workspaces").ok()?;
        let response = get(&url, token, io, deadline).ok()?;
        serde_json::from_slice::<Vec<Value>>(&response.body).ok()
    };
    let names = listed().unwrap_or_default();
    let names = names.iter().filter_map(|workspace| workspace["name"].as_str());
    names.filter(|name| check_workspace(name).is_ok()).map(str::to_owned).collect()
}

/// The base URL of the platform's API.
fn api(settings: &Settings) -> Option<&Url> {
    settings.api_url.as_ref().filter(|_| settings.issuer.is_none())
}

fn get(url: &Url, token: &Secret, io: &Io, deadline: Duration) -> Result<Response> {
    check_mark(token, url)?;
    let authorization = Some(Secret::new(format!("Bearer {}", token.reveal())));
    io.http.exchange(&Request { url: url.clone(), authorization, body: None, deadline })
}
