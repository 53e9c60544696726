//! Who calls the API, told by whichever header carries a good credential.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use crate::answer::Refusal;
use crate::directory::{Identity, Subject};
use crate::mint::digest_of;
use crate::routes::query_value;
use crate::state::State;

/// Headers that carry `Bearer` and an access token or an API key.
const BEARER_HEADERS: [&str; 3] = ["authorization", "x-beamlit-authorization", "x-blaxel-authorization"];
/// Headers that carry a bare API key.
const KEY_HEADERS: [&str; 3] = ["api-key", "x-beamlit-api-key", "x-blaxel-api-key"];
/// Headers that name the workspace.
const WORKSPACE_HEADERS: [&str; 2] = ["x-beamlit-workspace", "x-blaxel-workspace"];

/// Who calls, and for which workspace.
pub(crate) struct Caller(pub(crate) Identity);

impl Caller {
    /// Whether this workspace is the caller's: any is the user's, one is a service account's.
    pub(crate) fn may_enter(&self, workspace: &str) -> bool {
        self.0.subject == Subject::User || self.0.workspace == workspace
    }
}

impl FromRequestParts<Arc<State>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Refusal> {
        let identity = identify(&parts.headers, state).ok_or(Refusal::new(StatusCode::UNAUTHORIZED))?;
        // The platform's own tools send an empty or a former workspace at times; neither is refused.
        let by_header =
            WORKSPACE_HEADERS.iter().find_map(|name| text(&parts.headers, name)).map(str::to_owned);
        let asked = by_header.or_else(|| query_value(&parts.uri, "workspace"));
        match asked.filter(|_| identity.subject == Subject::User) {
            Some(workspace) => Ok(Self(Identity { workspace, ..identity })),
            None => Ok(Self(identity)),
        }
    }
}

/// The first good credential of the request: the platform's tools send two at times, or an empty one beside a good one.
fn identify(headers: &HeaderMap, state: &State) -> Option<Identity> {
    let now_ms = state.clock.now_ms();
    let directory = state.directory.lock();
    let bearers = BEARER_HEADERS.iter().filter_map(|name| bearer(text(headers, name)?)).map(digest_of);
    let mut held = bearers.filter_map(|digest| {
        directory.holder_of_token(&digest, now_ms).or_else(|| directory.holder_of_key(&digest, now_ms))
    });
    let mut keys = KEY_HEADERS.iter().filter_map(|name| text(headers, name)).map(digest_of);
    held.next().or_else(|| keys.find_map(|digest| directory.holder_of_key(&digest, now_ms)))
}

/// The value of a header, unless it is absent, empty or not ASCII.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
