//! The service accounts of a workspace.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Message, Page, read_form, see_other, segment};
use crate::directory::ServiceAccount;
use crate::state::State;

/// An account that was just made.
struct Created {
    client_id: String,
    client_secret: String,
}

#[derive(Template)]
#[template(path = "service_accounts.html")]
pub(crate) struct ServiceAccounts {
    workspace: String,
    path: String,
    accounts: Vec<ServiceAccount>,
    created: Option<Created>,
    error: Option<&'static str>,
    form_token: String,
}

impl ServiceAccounts {
    fn of(state: &State, workspace: String) -> Self {
        let path = path(&workspace);
        Self {
            accounts: state.directory.lock().accounts(&workspace),
            form_token: state.mint.form_token(&path),
            created: None,
            error: None,
            workspace,
            path,
        }
    }
}

/// Path of the page for this workspace.
pub(super) fn path(workspace: &str) -> String {
    format!("/workspaces/{}/service-accounts", segment(workspace))
}

/// `GET /workspaces/{workspace}/service-accounts`.
pub(crate) async fn show(
    Shared(state): Shared<Arc<State>>,
    Path(workspace): Path<String>,
) -> impl IntoResponse {
    Page(StatusCode::OK, ServiceAccounts::of(&state, workspace))
}

/// `POST` to the same path: makes an account and shows its secret, for the only time.
pub(crate) async fn create(
    Shared(state): Shared<Arc<State>>,
    Path(workspace): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Page<ServiceAccounts>, Page<Message>> {
    let fields = read_form(&state, &headers, &body, |_| path(&workspace))?;
    let Some(name) = fields.get("name").map(str::to_owned) else {
        let page = ServiceAccounts::of(&state, workspace);
        let error = Some("An account needs a name.");
        return Ok(Page(StatusCode::BAD_REQUEST, ServiceAccounts { error, ..page }));
    };
    let description = fields.get("description").unwrap_or_default().to_owned();
    let (account, client_secret) = state.issue_service_account(&workspace, name, description);
    let created = Some(Created { client_id: account.client_id, client_secret });
    Ok(Page(StatusCode::OK, ServiceAccounts { created, ..ServiceAccounts::of(&state, workspace) }))
}

/// `POST …/delete`: the account, its keys and its tokens are refused from now on.
pub(crate) async fn delete(
    Shared(state): Shared<Arc<State>>,
    Path(workspace): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Page<Message>> {
    let path = path(&workspace);
    let fields = read_form(&state, &headers, &body, |_| path.clone())?;
    state.remove_service_account(&workspace, fields.get("client_id").unwrap_or_default());
    Ok(see_other(&path))
}
