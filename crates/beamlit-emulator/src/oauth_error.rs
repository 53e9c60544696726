//! Error answers of the OAuth endpoints.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::client::Rejected;
use crate::settings::Dialect;

/// An error answer (RFC 6749 §5.2).
pub(crate) struct OauthError {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl OauthError {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }

    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new("invalid_grant", description)
    }

    /// The same with another status than 400.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn answer(self, dialect: Dialect) -> Response {
        let mut body = json!({"error": self.error, "error_description": self.description});
        if dialect == Dialect::Platform {
            body["code"] = self.status.as_u16().into();
        }
        let mut response = (self.status, Json(body)).into_response();
        if dialect == Dialect::Strict && self.error == "invalid_client" {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            let challenge = HeaderValue::from_static("Basic realm=\"emulator\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<Rejected> for OauthError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::TwoMethods => Self::invalid_request("the client authenticates in two ways"),
            Rejected::Bad(name) => Self::new("invalid_client", format!("{name} is missing or invalid")),
        }
    }
}
