//! The check against DNS rebinding: a page of somebody's site whose name resolves to loopback sends that name.

use axum::http::HeaderMap;
use axum::http::Uri;
use axum::http::header::HOST;
use axum::http::uri::Authority;

/// Whether a request names this machine, whatever the port, and nothing else.
pub(crate) fn is_local(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else { return false };
    let host: Option<Authority> = host.to_str().ok().and_then(|host| host.parse().ok());
    host.as_ref().is_some_and(is_loopback) && uri.authority().is_none_or(is_loopback)
}

fn is_loopback(authority: &Authority) -> bool {
    let name = authority.host();
    let has_userinfo = authority.as_str().contains('@');
    !has_userinfo && (name == "127.0.0.1" || name == "[::1]" || name.eq_ignore_ascii_case("localhost"))
}
