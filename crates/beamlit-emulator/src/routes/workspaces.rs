//! `GET /workspaces` and `GET /workspaces/{name}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::caller::Caller;
use crate::directory::USER;
use crate::state::State;

/// A bare array of the caller's workspaces, in every version of the API.
pub(super) async fn list(Shared(state): Shared<Arc<State>>, caller: Caller) -> Json<Vec<Value>> {
    let directory = state.directory.lock();
    let names = directory.workspaces().iter().filter(|name| caller.may_enter(name));
    Json(names.map(|name| workspace(name)).collect())
}

/// One workspace; any name is one of the user's.
pub(super) async fn get(caller: Caller, Path(name): Path<String>) -> Result<Json<Value>, Refusal> {
    if caller.may_enter(&name) {
        Ok(Json(workspace(&name)))
    } else {
        Err(Refusal::new(StatusCode::FORBIDDEN))
    }
}

fn workspace(name: &str) -> Value {
    json!({
        "id": format!("ws_{name}"),
        "name": name,
        "displayName": name,
        "accountId": "acc_emulator",
        "region": "local",
        "labels": {},
        "status": "ready",
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2025-01-01T00:00:00Z",
        "createdBy": USER,
        "updatedBy": USER,
    })
}
