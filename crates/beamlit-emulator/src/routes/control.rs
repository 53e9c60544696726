//! `/_emulator/…`: what tests in other languages steer the emulator by.
//!
//! Bodies must be declared as JSON: a page in a browser cannot send that here without asking first, and nobody answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::UNIX_EPOCH;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::Refusal;
use crate::fault::Fault;
use crate::recording::RecordedRequest;
use crate::settings::Settings;
use crate::state::State;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForWorkspace {
    workspace: String,
}

pub(super) async fn fault(Shared(state): Shared<Arc<State>>, Json(fault): Json<Fault>) -> StatusCode {
    state.faults.lock().add(fault);
    StatusCode::NO_CONTENT
}

pub(super) async fn clear_faults(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.faults.lock().clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn advance(Shared(state): Shared<Arc<State>>, Json(by): Json<Advance>) -> StatusCode {
    state.clock.advance(by.seconds);
    StatusCode::NO_CONTENT
}

pub(super) async fn requests(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let requests: Vec<Value> = state.recording.lock().all().iter().map(request).collect();
    Json(json!({
        "requests": requests,
        "token_requests": state.token_requests.load(Ordering::Relaxed),
        "connections": state.connections.load(Ordering::Relaxed),
    }))
}

pub(super) async fn api_key(Shared(state): Shared<Arc<State>>, Json(of): Json<ForWorkspace>) -> Json<Value> {
    Json(json!({"api_key": state.user_api_key(&of.workspace)}))
}

pub(super) async fn client_credentials(
    Shared(state): Shared<Arc<State>>,
    Json(of): Json<ForWorkspace>,
) -> Json<Value> {
    let (client_id, client_secret) = state.client_credentials(&of.workspace);
    Json(json!({"client_id": client_id, "client_secret": client_secret}))
}

pub(super) async fn settings(Shared(state): Shared<Arc<State>>) -> Json<Settings> {
    Json(state.settings.lock().clone())
}

/// Takes the members to change and answers with all of them.
pub(super) async fn configure(
    Shared(state): Shared<Arc<State>>,
    Json(changes): Json<Map<String, Value>>,
) -> Result<Json<Settings>, Refusal> {
    let mut settings = state.settings.lock();
    *settings = settings.merged(changes).map_err(|error| Refusal::bad_request(error.to_string()))?;
    Ok(Json(settings.clone()))
}

fn request(recorded: &RecordedRequest) -> Value {
    let time = recorded.time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    json!({
        "time": time,
        "method": recorded.method,
        "path": recorded.path,
        "query": recorded.query,
        "headers": recorded.headers,
        "body": recorded.text(),
        "status": recorded.status,
    })
}
