//! A request to one of the OAuth endpoints, with what it takes to answer it.

use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, PRAGMA};
use axum::response::{IntoResponse, Response};

use crate::client;
use crate::directory::Identity;
use crate::oauth_error::OauthError;
use crate::params::Params;
use crate::settings::Settings;
use crate::state::State;

/// What a grant is made from.
pub(crate) struct OauthRequest<'a> {
    pub(crate) state: &'a State,
    pub(crate) settings: &'a Settings,
    headers: &'a HeaderMap,
    params: Params,
}

/// Answers a request to an OAuth endpoint.
pub(crate) fn answer<T: IntoResponse>(
    state: &State,
    headers: &HeaderMap,
    body: &[u8],
    serve: impl FnOnce(&OauthRequest<'_>) -> Result<T, OauthError>,
) -> Response {
    let settings = state.settings.lock().clone();
    let params = Params::read(headers, body, settings.dialect).map_err(OauthError::invalid_request);
    let served =
        params.and_then(|params| serve(&OauthRequest { state, settings: &settings, headers, params }));
    let response = match served {
        Ok(answer) => answer.into_response(),
        Err(error) => error.answer(settings.dialect),
    };
    // RFC 6749 §5.1: nothing on the way may keep a token, nor a code.
    ([(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], response).into_response()
}

impl OauthRequest<'_> {
    /// A parameter, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, OauthError> {
        self.get(name).ok_or_else(|| OauthError::invalid_request(format!("{name} is missing")))
    }

    /// The `scope`, if it is well-formed (RFC 6749 §3.3).
    pub(crate) fn scope(&self) -> Result<Option<&str>, OauthError> {
        let scope = self.get("scope");
        if scope.is_none_or(is_scope) {
            Ok(scope)
        } else {
            Err(OauthError::new("invalid_scope", "scope is malformed"))
        }
    }

    /// The service account that the request comes from.
    pub(crate) fn service_account(&self) -> Result<Identity, OauthError> {
        let directory = self.state.directory.lock();
        Ok(client::authenticate(self.headers, &self.params, self.settings.dialect, &directory)?)
    }

    /// The client that codes and tokens have to be of; `None` where they are bound to no client.
    pub(crate) fn client_id(&self) -> Result<Option<String>, OauthError> {
        let directory = self.state.directory.lock();
        Ok(client::bound(self.headers, &self.params, self.settings.dialect, &directory)?)
    }
}

fn is_scope(scope: &str) -> bool {
    let is_token = |token: &str| {
        !token.is_empty() && token.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
    };
    scope.split(' ').all(is_token)
}
