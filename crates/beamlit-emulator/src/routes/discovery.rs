//! Authorization server metadata (RFC 8414).

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use serde_json::{Value, json};

use super::{DEVICE_AUTHORIZATION_ENDPOINT, LOGIN_ENDPOINT, REVOCATION_ENDPOINT, TOKEN_ENDPOINT};
use crate::grants;
use crate::state::State;

/// Metadata of the issuer `http://127.0.0.1:PORT/v0`.
pub(super) async fn of_api(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    Json(metadata(&state, &state.api_url()))
}

/// Metadata of the issuer `http://127.0.0.1:PORT`.
pub(super) async fn of_origin(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    Json(metadata(&state, &state.origin))
}

/// Only what this server has; RFC 8414 §2 wants `response_types_supported` even where there are none.
fn metadata(state: &State, issuer: &str) -> Value {
    let settings = state.settings.lock().clone();
    let endpoint = |path: &str| format!("{}{path}", state.origin);
    let device = if settings.is_strict() { DEVICE_AUTHORIZATION_ENDPOINT } else { LOGIN_ENDPOINT };
    let methods = ["client_secret_basic", "client_secret_post", "none"];
    let mut metadata = json!({
        "issuer": issuer,
        "token_endpoint": endpoint(TOKEN_ENDPOINT),
        "device_authorization_endpoint": endpoint(device),
        "grant_types_supported": grants::ALL,
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": methods,
    });
    if settings.revokes() {
        metadata["revocation_endpoint"] = endpoint(REVOCATION_ENDPOINT).into();
        metadata["revocation_endpoint_auth_methods_supported"] = json!(methods);
    }
    metadata
}
