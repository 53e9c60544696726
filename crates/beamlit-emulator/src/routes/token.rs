//! The token endpoint (RFC 6749 §3.2).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::grants;
use crate::oauth_request;
use crate::state::State;

/// `POST /oauth/token`.
pub(super) async fn token(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Response {
    oauth_request::answer(&state, &headers, &body, grants::exchange)
}
