//! What an answer other than success means: statuses and the OAuth errors of RFC 6749 §5.2, as kinds of ours.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};
use crate::http::Response;
use crate::wire::response::json_object;

/// The error that an unsuccessful answer of `endpoint` (an origin and a path) stands for.
pub(crate) fn refusal(response: &Response, endpoint: &str) -> Error {
    let members = json_object(response, endpoint).unwrap_or_default();
    let error = members.get("error").and_then(Value::as_str);
    let (kind, message) = match (response.status, error) {
        (300..=399, _) => (
            ErrorKind::InvalidResponse,
            format!("{endpoint} answered with a redirect, which is never followed; check the URL"),
        ),
        (408 | 500..=599, _) => (
            ErrorKind::ServerUnavailable,
            format!("{endpoint} cannot answer now (status {}); try again later", response.status),
        ),
        (429, _) => (
            ErrorKind::RateLimited,
            format!("{endpoint} asks for fewer requests (status 429); try again later"),
        ),
        (404 | 405, None) => (
            ErrorKind::InvalidResponse,
            format!(
                "{endpoint} does not exist there (status {}); check api_url and platform",
                response.status
            ),
        ),
        (status, Some(error)) => oauth_error(error, status, endpoint),
        (status, None) => without_code(status, response, &members, endpoint),
    };
    finish(Error::new(kind, message).with_status(response.status), response, &members)
}

/// Kind and message for an `error` code.
fn oauth_error(error: &str, status: u16, endpoint: &str) -> (ErrorKind, String) {
    match error {
        "invalid_client" | "unauthorized_client" => (
            ErrorKind::InvalidClient,
            format!("{endpoint} does not accept this client ({error}); check client_id and client_secret"),
        ),
        "invalid_grant" => {
            (ErrorKind::InvalidGrant, format!("{endpoint} does not accept this grant (invalid_grant)"))
        }
        "invalid_scope" | "invalid_target" => (
            ErrorKind::InvalidScope,
            format!(
                "{endpoint} does not grant what was asked for ({error}); check scope, audience and resource"
            ),
        ),
        "access_denied" => {
            (ErrorKind::AccessDenied, format!("access was denied at {endpoint} (access_denied)"))
        }
        "server_error" | "temporarily_unavailable" | "internal_failure" => {
            (ErrorKind::ServerUnavailable, format!("{endpoint} cannot answer now ({error}); try again later"))
        }
        "slow_down" => (
            ErrorKind::RateLimited,
            format!("{endpoint} asks for fewer requests (slow_down); try again later"),
        ),
        "unsupported_grant_type" => (
            ErrorKind::Unsupported,
            format!("{endpoint} does not support this grant (unsupported_grant_type)"),
        ),
        _ => (
            // RFC 6749 §5.2 has no 403; whoever sends one forbids, whatever the word for it.
            if status == 403 { ErrorKind::AccessDenied } else { ErrorKind::OauthError },
            format!("{endpoint} refused the request with {}", crate::printable::printable(error, 64)),
        ),
    }
}

/// Kind and message for a status that came without an `error` code.
fn without_code(
    status: u16,
    response: &Response,
    members: &Map<String, Value>,
    endpoint: &str,
) -> (ErrorKind, String) {
    match status {
        401 => (ErrorKind::InvalidClient, format!("{endpoint} does not accept this credential (status 401)")),
        403 if members.is_empty() && !response.body.is_empty() => (
            ErrorKind::AccessDenied,
            format!("{endpoint} was blocked on the way, as by a firewall or a bot check (status 403)"),
        ),
        403 => (ErrorKind::AccessDenied, format!("{endpoint} forbids this (status 403)")),
        _ => (
            ErrorKind::InvalidResponse,
            format!("{endpoint} answered with status {status}, which no success has"),
        ),
    }
}

fn finish(mut error: Error, response: &Response, members: &Map<String, Value>) -> Error {
    if let Some(code) = members.get("error").and_then(Value::as_str) {
        let description = members.get("error_description").or_else(|| members.get("message"));
        error = error.with_oauth(code, description.and_then(Value::as_str));
    }
    match response.retry_after {
        Some(delay) if error.kind().is_retryable() => error.with_retry_after(delay),
        _ => error,
    }
}
