//! API keys of a service account; the key is in the answer to its creation and nowhere else.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::caller::Caller;
use crate::directory::{ApiKey, Identity, Subject};
use crate::key_draft::KeyDraft;
use crate::state::State;

/// What a caller says about a key; members unknown here are ignored, as by the platform.
#[derive(Deserialize)]
struct Draft {
    #[serde(default)]
    name: String,
    expires_in: Option<String>,
}

pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Caller(identity): Caller,
    Path(client_id): Path<String>,
) -> Result<Json<Vec<ApiKey>>, Refusal> {
    let owner = owner(&state, &identity, client_id)?;
    Ok(Json(state.directory.lock().api_keys(&owner.subject)))
}

pub(super) async fn create(
    Shared(state): Shared<Arc<State>>,
    Caller(identity): Caller,
    Path(client_id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let draft: Draft = super::json_object(&body)?;
    let owner = owner(&state, &identity, client_id)?;
    let created_by = identity.subject.sub().to_owned();
    let draft = KeyDraft { created_by, ..KeyDraft::named(&draft.name) }.expiring(draft.expires_in);
    let draft = draft.map_err(Refusal::bad_request)?;
    let (key, record) = state.issue_api_key(owner, draft);
    let mut answer = json!(record);
    answer["apiKey"] = key.into();
    Ok(Json(answer))
}

/// The key is refused from now on.
pub(super) async fn delete(
    Shared(state): Shared<Arc<State>>,
    Caller(identity): Caller,
    Path((client_id, id)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let owner = owner(&state, &identity, client_id)?;
    let removed = state.directory.lock().remove_api_key(&owner.subject, &id);
    if removed { Ok(StatusCode::OK) } else { Err(Refusal::new(StatusCode::NOT_FOUND)) }
}

/// The service account whose keys are meant, if the caller's workspace has it.
fn owner(state: &State, caller: &Identity, client_id: String) -> Result<Identity, Refusal> {
    let known = state.directory.lock().account_mut(&caller.workspace, &client_id).is_some();
    if !known {
        return Err(Refusal::new(StatusCode::NOT_FOUND));
    }
    Ok(Identity { subject: Subject::ServiceAccount(client_id), workspace: caller.workspace.clone() })
}
