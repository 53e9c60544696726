//! The console's first page.

use std::sync::Arc;

use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::{Page, service_accounts};
use crate::state::State;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    api_url: String,
    workspaces: Vec<Workspace>,
}

struct Workspace {
    name: String,
    /// Path of the page with its service accounts.
    accounts: String,
}

/// `GET /`.
pub(crate) async fn show(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    let names = state.directory.lock().workspaces().to_vec();
    let workspaces =
        names.into_iter().map(|name| Workspace { accounts: service_accounts::path(&name), name }).collect();
    Page(StatusCode::OK, Home { api_url: state.api_url(), workspaces })
}
