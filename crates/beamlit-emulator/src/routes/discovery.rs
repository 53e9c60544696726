//! Authorization server metadata (RFC 8414) and the front page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use serde_json::{Value, json};

use super::TOKEN_ENDPOINT;
use crate::state::State;

/// Metadata of the issuer `http://127.0.0.1:PORT/v0`.
pub(super) async fn of_api(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    Json(metadata(&state.origin, &state.api_url()))
}

/// Metadata of the issuer `http://127.0.0.1:PORT`.
pub(super) async fn of_origin(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    Json(metadata(&state.origin, &state.origin))
}

/// What answers at the root, for a person who opens it.
pub(super) async fn front(Shared(state): Shared<Arc<State>>) -> String {
    let api_url = state.api_url();
    format!("Beamlit emulator\nAPI: {api_url}\nDiscovery: {api_url}/.well-known/openid-configuration\n")
}

/// Only what this server has; RFC 8414 §2 wants `response_types_supported` even where there are none.
fn metadata(origin: &str, issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "token_endpoint": format!("{origin}{TOKEN_ENDPOINT}"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    })
}
