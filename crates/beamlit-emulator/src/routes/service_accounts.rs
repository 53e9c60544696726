//! Service accounts of a workspace; the secret is in the answer to their creation and nowhere else.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::caller::Caller;
use crate::directory::ServiceAccount;
use crate::state::State;

/// What a caller says about an account; members unknown here are ignored, as by the platform.
#[derive(Deserialize)]
struct Draft {
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
}

impl Draft {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let draft: Self = super::json_object(body)?;
        if draft.name.is_empty() { Err(Refusal::bad_request("name is required")) } else { Ok(draft) }
    }
}

pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Caller(identity): Caller,
) -> Json<Vec<ServiceAccount>> {
    Json(state.directory.lock().accounts(&identity.workspace))
}

pub(super) async fn create(
    Shared(state): Shared<Arc<State>>,
    Caller(identity): Caller,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let draft = Draft::read(&body)?;
    let (account, secret) = state.issue_service_account(&identity.workspace, draft.name, draft.description);
    let mut answer = json!(account);
    answer["client_secret"] = secret.into();
    Ok(Json(answer))
}

/// Name and description can change; the secret cannot.
pub(super) async fn update(
    Shared(state): Shared<Arc<State>>,
    Caller(identity): Caller,
    Path(client_id): Path<String>,
    body: Bytes,
) -> Result<Json<ServiceAccount>, Refusal> {
    let draft = Draft::read(&body)?;
    let mut directory = state.directory.lock();
    let account = directory
        .account_mut(&identity.workspace, &client_id)
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND))?;
    account.name = draft.name;
    account.description = draft.description;
    account.updated_at = state.clock.timestamp();
    Ok(Json(account.clone()))
}

/// The account, its API keys and its access tokens are refused from now on.
pub(super) async fn delete(
    Shared(state): Shared<Arc<State>>,
    Caller(identity): Caller,
    Path(client_id): Path<String>,
) -> Result<Json<ServiceAccount>, Refusal> {
    let removed = state.remove_service_account(&identity.workspace, &client_id);
    removed.map(Json).ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND))
}
