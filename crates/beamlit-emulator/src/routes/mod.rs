//! The routes, one file per noun.

mod api_keys;
mod control;
mod device_authorization;
mod discovery;
mod models;
mod revocation;
mod service_accounts;
mod token;
mod workspaces;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::routing::{delete, get, post, put};
use serde::de::DeserializeOwned;

use crate::answer::Refusal;
use crate::pages;
use crate::state::State;

/// Path of the token endpoint.
pub(crate) const TOKEN_ENDPOINT: &str = "/v0/oauth/token";

/// Path of the device authorization endpoint that the platform's clients know.
const LOGIN_ENDPOINT: &str = "/v0/login/device";

/// Another path of it, which only the metadata of the strict dialect tell: a client that guesses is found out.
const DEVICE_AUTHORIZATION_ENDPOINT: &str = "/v0/oauth/device_authorization";

/// Path of the revocation endpoint.
const REVOCATION_ENDPOINT: &str = "/v0/oauth/revoke";

/// Path of the page where the user decides on a device login.
pub(crate) const VERIFICATION_PAGE: &str = "/device";

/// Where the emulator itself is steered; not part of the platform, neither recorded nor faulted.
pub(crate) const CONTROL: &str = "/_emulator/";

/// All routes over this state.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .merge(discovery_routes())
        .merge(api_routes())
        .merge(control_routes())
        .merge(oauth_routes())
        .merge(page_routes())
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || Refusal::new(StatusCode::METHOD_NOT_ALLOWED))
        // The body has been read, within its limit, before a route sees it.
        .layer(DefaultBodyLimit::disable())
        .with_state(state)
}

fn discovery_routes() -> Router<Arc<State>> {
    Router::new()
        .route("/v0/.well-known/openid-configuration", get(discovery::of_api))
        .route("/.well-known/oauth-authorization-server/v0", get(discovery::of_api))
        .route("/.well-known/openid-configuration", get(discovery::of_origin))
        .route("/.well-known/oauth-authorization-server", get(discovery::of_origin))
}

fn oauth_routes() -> Router<Arc<State>> {
    Router::new()
        .route(LOGIN_ENDPOINT, post(device_authorization::authorize))
        .route(DEVICE_AUTHORIZATION_ENDPOINT, post(device_authorization::authorize))
        .route(TOKEN_ENDPOINT, post(token::token))
        .route(REVOCATION_ENDPOINT, post(revocation::revoke))
}

/// The console, for people.
fn page_routes() -> Router<Arc<State>> {
    const ACCOUNTS: &str = "/workspaces/{workspace}/service-accounts";
    Router::new()
        .route("/", get(pages::home::show))
        .route(VERIFICATION_PAGE, get(pages::device::show).post(pages::device::decide))
        .route("/profile/security", get(pages::security::show).post(pages::security::create))
        .route("/profile/security/delete", post(pages::security::delete))
        .route(ACCOUNTS, get(pages::service_accounts::show).post(pages::service_accounts::create))
        .route(&format!("{ACCOUNTS}/delete"), post(pages::service_accounts::delete))
}

fn api_routes() -> Router<Arc<State>> {
    Router::new()
        .route("/v0/models", get(models::list))
        .route("/v0/workspaces", get(workspaces::list))
        .route("/v0/workspaces/{name}", get(workspaces::get))
        .route("/v0/service_accounts", get(service_accounts::list).post(service_accounts::create))
        .route(
            "/v0/service_accounts/{client_id}",
            put(service_accounts::update).delete(service_accounts::delete),
        )
        .route("/v0/service_accounts/{client_id}/api_keys", get(api_keys::list).post(api_keys::create))
        .route("/v0/service_accounts/{client_id}/api_keys/{id}", delete(api_keys::delete))
}

fn control_routes() -> Router<Arc<State>> {
    Router::new()
        .route("/_emulator/fault", post(control::fault))
        .route("/_emulator/faults", delete(control::clear_faults))
        .route("/_emulator/advance", post(control::advance))
        .route("/_emulator/requests", get(control::requests))
        .route("/_emulator/api_key", post(control::api_key))
        .route("/_emulator/client_credentials", post(control::client_credentials))
        .route("/_emulator/login", post(control::login))
        .route("/_emulator/pending", get(control::pending))
        .route("/_emulator/approve", post(control::approve))
        .route("/_emulator/deny", post(control::deny))
        .route("/_emulator/revoke", post(control::revoke))
        .route("/_emulator/counters", get(control::counters))
        .route("/_emulator/settings", get(control::settings).post(control::configure))
}

/// The first value of a query parameter, unless it is empty.
pub(crate) fn query_value(uri: &Uri, name: &str) -> Option<String> {
    let mut query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    query
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty())
}

/// The JSON object that a request of the API carries, whatever its content type says.
fn json_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|_| Refusal::bad_request("the body is not the JSON object wanted here"))
}
