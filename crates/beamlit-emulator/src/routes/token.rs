//! The token endpoint (RFC 6749 §3.2).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::client::{Rejected, authenticate};
use crate::directory::{Held, Identity};
use crate::mint::digest_of;
use crate::params::Params;
use crate::settings::{Dialect, Settings};
use crate::state::State;

/// An error answer of the token endpoint (RFC 6749 §5.2).
struct TokenError {
    error: &'static str,
    description: String,
}

impl TokenError {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into() }
    }

    fn answer(self, dialect: Dialect) -> Response {
        let mut body = json!({"error": self.error, "error_description": self.description});
        if dialect == Dialect::Platform {
            body["code"] = 400.into();
        }
        let mut response = (StatusCode::BAD_REQUEST, Json(body)).into_response();
        if dialect == Dialect::Strict && self.error == "invalid_client" {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            let challenge = axum::http::HeaderValue::from_static("Basic realm=\"emulator\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// `POST /oauth/token`.
pub(super) async fn token(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Response {
    let settings = state.settings.lock().clone();
    let answer = match grant(&state, &settings, &headers, &body) {
        Ok(members) => Json(members).into_response(),
        Err(error) => error.answer(settings.dialect),
    };
    // RFC 6749 §5.1: nothing on the way may keep a token.
    ([(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], answer).into_response()
}

fn grant(
    state: &State,
    settings: &Settings,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Map<String, Value>, TokenError> {
    let invalid = |description| TokenError::new("invalid_request", description);
    let params = Params::read(headers, body, settings.dialect).map_err(invalid)?;
    match params.get("grant_type") {
        Some("client_credentials") => client_credentials(state, settings, headers, &params),
        Some(_) => Err(TokenError::new("unsupported_grant_type", "grant_type is not supported")),
        None => Err(TokenError::new("invalid_request", "grant_type is missing")),
    }
}

/// RFC 6749 §4.4.
fn client_credentials(
    state: &State,
    settings: &Settings,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Map<String, Value>, TokenError> {
    let client = authenticate(headers, params, settings.dialect, &state.directory.lock());
    let client = client.map_err(|rejected| match rejected {
        Rejected::TwoMethods => TokenError::new("invalid_request", "the client authenticates in two ways"),
        Rejected::Bad(name) => TokenError::new("invalid_client", format!("{name} is missing or invalid")),
    })?;
    let scope = params.get("scope");
    if scope.is_some_and(|scope| !is_scope(scope)) {
        return Err(TokenError::new("invalid_scope", "scope is malformed"));
    }
    Ok(issue(state, settings, client, scope))
}

/// A new access token and the success answer that carries it (RFC 6749 §5.1).
fn issue(state: &State, settings: &Settings, client: Identity, scope: Option<&str>) -> Map<String, Value> {
    let lifetime_s = i64::from(settings.token_lifetime_s);
    let now_ms = state.clock.now_ms();
    let access_token = if settings.opaque_tokens {
        state.mint.opaque_access_token()
    } else {
        let mut claims = json!({
            "iss": state.api_url(),
            "sub": client.subject.sub(),
            "sub_type": client.subject.sub_type(),
            "workspace": client.workspace,
            "iat": now_ms / 1000,
            "exp": now_ms / 1000 + lifetime_s,
        });
        if let Some(scope) = scope {
            claims["scope"] = scope.into();
        }
        state.mint.json_web_token(claims)
    };
    let expires_at_ms = now_ms + lifetime_s * 1000;
    let held = Held { digest: digest_of(&access_token), identity: client, expires_at_ms };
    state.directory.lock().add_access_token(held, now_ms);
    answer(state, settings, access_token, scope)
}

fn answer(
    state: &State,
    settings: &Settings,
    access_token: String,
    scope: Option<&str>,
) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("access_token".to_owned(), access_token.into());
    members.insert("token_type".to_owned(), "Bearer".into());
    members.insert("expires_in".to_owned(), settings.token_lifetime_s.into());
    // The platform answers exactly four members: one more breaks its own Python client.
    let platform = settings.dialect == Dialect::Platform;
    if let Some(scope) = scope.filter(|_| !platform) {
        members.insert("scope".to_owned(), scope.into());
    }
    if settings.refresh_token.unwrap_or(platform) {
        members.insert("refresh_token".to_owned(), state.mint.refresh_token().into());
    }
    members.extend(settings.extra.clone());
    members.retain(|name, _| !settings.omit.contains(name));
    members
}

/// The syntax of RFC 6749 §3.3.
fn is_scope(scope: &str) -> bool {
    let is_token = |token: &str| {
        !token.is_empty() && token.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
    };
    scope.split(' ').all(is_token)
}
