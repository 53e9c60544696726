//! Profile, Security: the user's API keys.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Message, Page, read_form, see_other};
use crate::directory::{ApiKey, Identity, Subject};
use crate::key_draft::KeyDraft;
use crate::state::State;

const PATH: &str = "/profile/security";

#[derive(Template)]
#[template(path = "security.html")]
pub(crate) struct Security {
    keys: Vec<ApiKey>,
    /// The key that was just made.
    created: Option<String>,
    error: Option<&'static str>,
    form_token: String,
}

impl Security {
    fn of(state: &State) -> Self {
        let keys = state.directory.lock().api_keys(&Subject::User);
        Self { keys, created: None, error: None, form_token: state.mint.form_token(PATH) }
    }
}

/// `GET /profile/security`.
pub(crate) async fn show(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    Page(StatusCode::OK, Security::of(&state))
}

/// `POST /profile/security`: makes a key and shows it, for the only time.
pub(crate) async fn create(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Page<Security>, Page<Message>> {
    let fields = read_form(&state, &headers, &body, |_| PATH.to_owned())?;
    let refused =
        |error| Ok(Page(StatusCode::BAD_REQUEST, Security { error: Some(error), ..Security::of(&state) }));
    let Some(name) = fields.get("name") else { return refused("A key needs a name.") };
    let draft = match KeyDraft::named(name).expiring(fields.get("expires_in").map(str::to_owned)) {
        Ok(draft) => draft,
        Err(error) => return refused(error),
    };
    let owner = Identity { subject: Subject::User, workspace: state.default_workspace() };
    let (key, _) = state.issue_api_key(owner, draft);
    Ok(Page(StatusCode::OK, Security { created: Some(key), ..Security::of(&state) }))
}

/// `POST /profile/security/delete`: the key is refused from now on.
pub(crate) async fn delete(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Page<Message>> {
    let fields = read_form(&state, &headers, &body, |_| PATH.to_owned())?;
    state.directory.lock().remove_api_key(&Subject::User, fields.get("id").unwrap_or_default());
    Ok(see_other(PATH))
}
