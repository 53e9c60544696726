//! Origins, and the URLs that a credential may travel to: one strict parser for both.

use std::fmt;

use http::Uri;

use crate::error::{Error, ErrorKind, Result};
use crate::printable::printable;

/// Longest URL that is looked at, in bytes.
const URL_LIMIT: usize = 64 * 1024;

/// Scheme, host and port (RFC 6454 §4): what a credential is bound to. Compared whole, never by pattern.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    secure: bool,
    host: String,
    port: u16,
}

/// An absolute `https` URL, or an `http` one on loopback: the only URLs that this library sends anything to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    text: String,
    origin: Origin,
}

impl Origin {
    /// The origin of `url`, if something may be sent there.
    ///
    /// # Errors
    /// A text that says what is wrong, without the URL's query.
    fn of(url: &str) -> std::result::Result<Self, &'static str> {
        Self::anywhere(url)?.protected()
    }

    /// The origin of `url`; `wss` counts as `https` and `ws` as `http`.
    fn anywhere(url: &str) -> std::result::Result<Self, &'static str> {
        let uri = strict_uri(url)?;
        let secure = match uri.scheme_str() {
            Some("https" | "wss") => true,
            Some("http" | "ws") => false,
            _ => return Err("it is not an absolute https URL"),
        };
        let authority = uri.authority().ok_or("it names no host")?.as_str();
        if authority.contains('@') {
            return Err("it holds a user name or password before the host");
        }
        let (host, port) = split_port(authority, if secure { 443 } else { 80 })?;
        let origin = Self { secure, host: host.to_ascii_lowercase(), port };
        check_host(&origin.host)?;
        Ok(origin)
    }

    /// Refuses plain http to another machine.
    fn protected(self) -> std::result::Result<Self, &'static str> {
        let protected = self.secure || self.is_loopback();
        if protected { Ok(self) } else { Err("plain http is for loopback only; use https") }
    }

    /// Parses a setting that names an origin: a URL without a path, query or fragment.
    ///
    /// # Errors
    /// `InvalidConfig` that names `setting`.
    pub(crate) fn parse(text: &str, setting: &str) -> Result<Self> {
        let url = Url::parse(text, setting)?;
        match url.path_and_query() {
            "" | "/" => Ok(url.origin),
            _ => Err(refused(setting, text, "it has a path; give scheme, host and port only")),
        }
    }

    /// Whether the host is this machine: `127.0.0.0/8`, `::1` or `localhost`.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback_host(&self.host)
    }

    /// Whether the connection is TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host in lower case, an IPv6 address in brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port, the scheme's own one if the URL names none.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether `self` may speak for `issuer`: the very same origin, or a TLS host of the issuer's own domain (the
    /// issuer's host, a host below it, or a host beside it when that still leaves a domain of two labels or more).
    pub(crate) fn is_same_site(&self, issuer: &Self) -> bool {
        if self == issuer {
            return true;
        }
        if !(self.secure && issuer.secure) || is_address(&self.host) || is_address(&issuer.host) {
            return false;
        }
        if is_below(&self.host, &issuer.host) || self.host == issuer.host {
            return true;
        }
        issuer
            .host
            .split_once('.')
            .is_some_and(|(_, parent)| parent.matches('.').count() >= 1 && is_below(&self.host, parent))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default) = if self.secure { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Url {
    /// Parses a URL that a setting or a server's metadata names; `what` is that name.
    ///
    /// # Errors
    /// `InvalidConfig` that names `what` and says what is wrong with it.
    pub(crate) fn parse(text: &str, what: &str) -> Result<Self> {
        let origin = Origin::of(text).map_err(|why| refused(what, text, why))?;
        if text.contains('#') {
            return Err(refused(what, text, "it has a fragment"));
        }
        if !text.starts_with("http") {
            return Err(refused(what, text, "it is not an https URL"));
        }
        Ok(Self { text: text.to_owned(), origin })
    }

    /// The URL as it was given.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it points.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What follows the authority, as it was given; empty if nothing does.
    pub(crate) fn path_and_query(&self) -> &str {
        let after_scheme = self.text.find("://").map_or(0, |at| at + 3);
        let rest = &self.text[after_scheme..];
        rest.find(['/', '?']).map_or("", |at| &rest[at..])
    }

    /// This URL without trailing slashes, then `path`, which begins with a slash.
    ///
    /// # Errors
    /// `InvalidConfig` if the two do not make a URL.
    pub(crate) fn join(&self, path: &str) -> Result<Self> {
        Self::parse(&format!("{}{path}", self.text.trim_end_matches('/')), "URL")
    }
}

/// The origin of a URL that a caller wants headers for.
///
/// # Errors
/// `InvalidArgument` for what is no URL, `OriginRefused` for plain http to another machine; neither holds path or query.
pub(crate) fn origin_of_request(url: &str) -> Result<Origin> {
    let refuse =
        |kind, why| Error::new(kind, format!("cannot give headers for the {}: {why}", named("URL", url)));
    let origin = Origin::anywhere(url).map_err(|why| refuse(ErrorKind::InvalidArgument, why))?;
    origin.protected().map_err(|why| refuse(ErrorKind::OriginRefused, why))
}

/// `url` up to its query or fragment, and without what stands before an `@`, fit to be shown.
pub(crate) fn without_query(url: &str) -> String {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let shown = match (shown.find("://"), shown.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}…{}", &shown[..scheme + 3], &shown[at..]),
        (None, Some(at)) => format!("…{}", &shown[at..]),
        _ => shown.to_owned(),
    };
    printable(&shown, 200)
}

fn refused(what: &str, text: &str, why: &str) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("{} cannot be used: {why}", named(what, text)))
}

/// `what` and the URL that stands there. What is no URL at all may be a key in the wrong place, and is not repeated.
fn named(what: &str, text: &str) -> String {
    if text.contains("://") { format!("{what} {}", without_query(text)) } else { what.to_owned() }
}

/// Parsers disagree about blanks, control characters, backslashes and non-ASCII text; a URL with any of them is
/// refused, so that no other client can read another host out of it than we do.
fn strict_uri(url: &str) -> std::result::Result<Uri, &'static str> {
    if url.len() > URL_LIMIT {
        return Err("it is too long");
    }
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err("it holds a blank, a backslash or a character that is not ASCII; percent-encode it");
    }
    // The fragment is cut by hand because `Uri` drops it without looking, and an `@` after it is an old trick.
    let (before, after) = url.split_once('#').unwrap_or((url, ""));
    if after.contains('@') && before.splitn(4, '/').nth(3).is_none_or(str::is_empty) {
        return Err("it has an @ in a fragment right after the host");
    }
    before.parse().map_err(|_| "it is not an absolute URL")
}

/// Splits `host:port`, where an IPv6 host stands in brackets.
fn split_port(authority: &str, default: u16) -> std::result::Result<(&str, u16), &'static str> {
    let end_of_host = if authority.starts_with('[') {
        authority.find(']').ok_or("its IPv6 address has no closing bracket")? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at(end_of_host);
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok((host, default)),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse() {
            Ok(port) if port != 0 => Ok((host, port)),
            _ => Err("its port is not between 1 and 65535"),
        },
        _ => Err("its port is not a number"),
    }
}

/// ASCII letters, digits, hyphens, underscores and dots; or an IPv6 address in brackets. A trailing dot names the
/// same host in another way, so it is refused instead of guessed at; likewise numbers that are no dotted quad,
/// which some resolvers read as an address (`0x7f.1`, `2130706433`).
fn check_host(host: &str) -> std::result::Result<(), &'static str> {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<std::net::Ipv6Addr>().map(drop).map_err(|_| "its IPv6 address is not valid");
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err("its host is not plain ASCII; use the punycode form of an international name");
    }
    if host.split('.').any(str::is_empty) {
        return Err("its host has an empty label or a trailing dot");
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if numeric && host.parse::<std::net::Ipv4Addr>().is_err() {
        return Err("its host looks like an address but is no dotted quad");
    }
    Ok(())
}

fn is_loopback_host(host: &str) -> bool {
    match address(host) {
        Some(std::net::IpAddr::V4(v4)) => v4.is_loopback(),
        Some(std::net::IpAddr::V6(v6)) => v6.is_loopback(),
        None => host == "localhost",
    }
}

fn is_address(host: &str) -> bool {
    address(host).is_some() || host == "localhost"
}

fn address(host: &str) -> Option<std::net::IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether `host` lies below `domain` in the name tree.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

#[cfg(test)]
mod tests;
