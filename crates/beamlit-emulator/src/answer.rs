//! Answers that several routes share.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal in the words of the platform's API: `{"code":…,"error":…}` and, where it helps, `message`.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, message: None }
    }

    /// 400, naming what is wrong with the request.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: Some(message.into()) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = self.status.canonical_reason().unwrap_or("Error");
        let mut body = json!({"code": self.status.as_u16(), "error": error});
        if let Some(message) = self.message {
            body["message"] = message.into();
        }
        (self.status, Json(body)).into_response()
    }
}
