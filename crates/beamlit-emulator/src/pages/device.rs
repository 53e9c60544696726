//! The page where the user decides on a device login (RFC 8628 §3.3).

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::{Message, Page, read_form, see_other};
use crate::device::{DeviceRequest, Status};
use crate::routes::{VERIFICATION_PAGE, query_value};
use crate::state::State;

#[derive(Template)]
#[template(path = "device_code.html")]
struct EnterCode {
    code: String,
    unknown: bool,
}

#[derive(Template)]
#[template(path = "device_request.html")]
struct Decide {
    user_code: String,
    client_id: String,
    workspace: Option<String>,
    scope: Option<String>,
    age: String,
    remaining: String,
    form_token: String,
}

/// `GET /device`: asks for a code; with `?code=`, for the decision, or tells what it was.
pub(crate) async fn show(Shared(state): Shared<Arc<State>>, uri: Uri) -> Response {
    let Some(code) = query_value(&uri, "code") else {
        return Page(StatusCode::OK, EnterCode { code: String::new(), unknown: false }).into_response();
    };
    let Some(device) = state.devices.lock().get(&code).cloned() else {
        return Page(StatusCode::NOT_FOUND, EnterCode { code, unknown: true }).into_response();
    };
    let now_ms = state.clock.now_ms();
    let message = match device.status {
        Status::Approved | Status::Used => Message {
            title: "Login approved",
            text: "Your program goes on by itself. You can close this page.",
        },
        Status::Denied => {
            Message { title: "Login denied", text: "Nobody was logged in. You can close this page." }
        }
        Status::Pending if device.is_over(now_ms) => Message {
            title: "Code expired",
            text: "Nobody was logged in. Start the login again in your program.",
        },
        Status::Pending => {
            // The platform's old command line names the workspace here and not in its request.
            let workspace = query_value(&uri, "workspace");
            return Page(StatusCode::OK, decision(&state, device, workspace, now_ms)).into_response();
        }
    };
    Page(StatusCode::OK, message).into_response()
}

/// `POST /device`: approves or denies.
pub(crate) async fn decide(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Page<Message>> {
    let code_of = |fields: &crate::params::Params| fields.get("code").unwrap_or_default().to_owned();
    let fields = read_form(&state, &headers, &body, |fields| purpose(&code_of(fields)))?;
    let status = match fields.get("decision") {
        Some("approve") => Status::Approved,
        Some("deny") => Status::Denied,
        _ => {
            let text = "Neither Approve nor Deny was chosen. Open the page again.";
            return Err(Page(StatusCode::BAD_REQUEST, Message { title: "Refused", text }));
        }
    };
    let code = code_of(&fields);
    let workspace = fields.get("workspace").map(str::to_owned);
    // Where it had been decided already, or is over by now, the page says that.
    state.devices.lock().decide(&code, status, workspace, state.clock.now_ms());
    Ok(see_other(&format!("{VERIFICATION_PAGE}?code={code}")))
}

fn decision(state: &State, device: DeviceRequest, workspace: Option<String>, now_ms: i64) -> Decide {
    Decide {
        form_token: state.mint.form_token(&purpose(&device.user_code)),
        user_code: device.user_code,
        client_id: device.client_id,
        workspace: device.workspace.or(workspace),
        scope: device.scope,
        age: in_words(now_ms.saturating_sub(device.requested_at_ms)),
        remaining: in_words(device.expires_at_ms.saturating_sub(now_ms)),
    }
}

/// A form decides on this code and no other.
fn purpose(user_code: &str) -> String {
    format!("device {user_code}")
}

/// `12 seconds`, `9 minutes`, `3 hours`.
fn in_words(milliseconds: i64) -> String {
    let seconds = Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0)).as_secs();
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        _ => (seconds / 3600, "hour"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}
