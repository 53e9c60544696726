//! The revocation endpoint (RFC 7009).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::answer::Refusal;
use crate::oauth_error::OauthError;
use crate::oauth_request::{self, OauthRequest};
use crate::state::State;

/// `POST /oauth/revoke`; there is no such path where the settings have no revocation.
pub(super) async fn revoke(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Response {
    if !state.settings.lock().revokes() {
        return Refusal::new(StatusCode::NOT_FOUND).into_response();
    }
    oauth_request::answer(&state, &headers, &body, end)
}

/// 200 for a token that is unknown as well (RFC 7009 §2.2): it is as good as revoked.
fn end(request: &OauthRequest<'_>) -> Result<StatusCode, OauthError> {
    let state = request.state;
    let client_id = request.client_id()?;
    let token = request.required("token")?;
    let owner = state.client_of(token);
    if client_id.zip(owner).is_some_and(|(client_id, owner)| client_id != owner) {
        return Err(OauthError::invalid_grant("token was issued to another client"));
    }
    state.revoke(token);
    Ok(StatusCode::OK)
}
