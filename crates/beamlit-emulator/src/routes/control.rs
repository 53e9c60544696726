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
use crate::device::Status;
use crate::fault::Fault;
use crate::login::{Login, PendingLogin};
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
        "token_requests": state.token_requests.all(),
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginOf {
    workspace: String,
    client_id: Option<String>,
}

pub(super) async fn login(Shared(state): Shared<Arc<State>>, Json(of): Json<LoginOf>) -> Json<Login> {
    Json(Login::seed(&state, of.client_id.as_deref().unwrap_or("beamlit"), &of.workspace))
}

pub(super) async fn pending(Shared(state): Shared<Arc<State>>) -> Json<Vec<PendingLogin>> {
    let open = state.devices.lock().open(state.clock.now_ms());
    Json(open.into_iter().map(|device| PendingLogin::new(&state, device)).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decided {
    user_code: String,
}

pub(super) async fn approve(Shared(state): Shared<Arc<State>>, Json(of): Json<Decided>) -> StatusCode {
    decide(&state, &of.user_code, Status::Approved)
}

pub(super) async fn deny(Shared(state): Shared<Arc<State>>, Json(of): Json<Decided>) -> StatusCode {
    decide(&state, &of.user_code, Status::Denied)
}

fn decide(state: &State, user_code: &str, status: Status) -> StatusCode {
    done(state.devices.lock().decide(user_code, status, None, state.clock.now_ms()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoked {
    token: String,
}

pub(super) async fn revoke(Shared(state): Shared<Arc<State>>, Json(of): Json<Revoked>) -> StatusCode {
    done(state.revoke(&of.token))
}

/// 404 where there was nothing to do it to.
fn done(found: bool) -> StatusCode {
    if found { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

/// How often what happened: token requests by grant, refused reuses of refresh tokens, connections.
pub(super) async fn counters(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let mut token_requests: Map<String, Value> =
        state.token_requests.each().map(|(grant, count)| (grant.to_owned(), count.into())).collect();
    token_requests.insert("all".to_owned(), state.token_requests.all().into());
    Json(json!({
        "token_requests": token_requests,
        "reuse_events": state.families.lock().reuse_events(),
        "connections": state.connections.load(Ordering::Relaxed),
    }))
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
