//! The console's pages: for one user without a password, without scripts, usable by keyboard alone.

pub(crate) mod device;
pub(crate) mod home;
pub(crate) mod security;
pub(crate) mod service_accounts;

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::answer::Refusal;
use crate::mint::digest_of;
use crate::params::Params;
use crate::settings::Dialect;
use crate::state::State;

/// The style sheet, part of each page: a request for it would be among those that tests look at.
pub(crate) const STYLE: &str = include_str!("../../templates/console.css");

/// A page with its status.
pub(crate) struct Page<T>(pub(crate) StatusCode, pub(crate) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let Ok(html) = self.1.render() else {
            return Refusal::new(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        };
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (CONTENT_SECURITY_POLICY, content_security_policy()),
            // Codes are in the URL of a page, secrets in its text.
            (REFERRER_POLICY, "no-referrer".to_owned()),
            (CACHE_CONTROL, "no-store".to_owned()),
            (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        ];
        (self.0, headers, html).into_response()
    }
}

/// Nothing but the one style sheet, known by its digest, and the empty icon; no frame around it.
fn content_security_policy() -> String {
    let digest = STANDARD.encode(digest_of(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    title: &'static str,
    text: &'static str,
}

/// Sends the browser to another page with GET.
fn see_other(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response()
}

/// The fields of a form that a page of ours made for this purpose, or the page that refuses it.
///
/// There are no cookies that a foreign page could ride on, but there is a user without a password: the token is what
/// only a page of ours can know.
fn read_form(
    state: &State,
    headers: &HeaderMap,
    body: &[u8],
    purpose: impl FnOnce(&Params) -> String,
) -> Result<Params, Page<Message>> {
    let refused =
        || Message { title: "Refused", text: "This form is not from the console. Open the page again." };
    let fields = Params::read(headers, body, Dialect::Strict);
    let fields = fields.map_err(|_| Page(StatusCode::BAD_REQUEST, refused()))?;
    let token = fields.get("form_token").unwrap_or_default();
    let is_ours = state.mint.is_form_token(&purpose(&fields), token);
    if is_ours { Ok(fields) } else { Err(Page(StatusCode::FORBIDDEN, refused())) }
}

/// A name as one segment of a path.
fn segment(name: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(name, KEPT).to_string()
}
