//! The device authorization endpoint (RFC 8628 §3.1).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::oauth_error::OauthError;
use crate::oauth_request::{self, OauthRequest};
use crate::state::{DeviceDraft, State};

/// `POST /login/device`.
pub(super) async fn authorize(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    oauth_request::answer(&state, &headers, &body, |request| begin(request).map(Json))
}

fn begin(request: &OauthRequest<'_>) -> Result<Map<String, Value>, OauthError> {
    let (state, settings) = (request.state, request.settings);
    let draft = DeviceDraft {
        client_id: request.required("client_id")?.to_owned(),
        // The platform's own: a client says for which workspace the user wants the login.
        workspace: request.get("workspace").map(str::to_owned),
        scope: request.scope()?.map(str::to_owned),
    };
    let (device_code, device) = state.begin_device(settings, draft);
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("device_code", device_code.into());
    put("verification_uri", state.verification_uri().into());
    put("verification_uri_complete", state.verification_uri_complete(&device.user_code).into());
    put("user_code", device.user_code.into());
    put("expires_in", settings.device_code_lifetime_s.into());
    put("interval", json!(settings.interval_s));
    members.extend(settings.device_extra.clone());
    members.retain(|name, _| !settings.device_omit.contains(name));
    Ok(members)
}
