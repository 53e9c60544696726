//! Which origins are reached through an HTTP proxy, and how a proxy opens the way (RFC 9110 §9.3.6).

use std::io::{self, Read, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::http::failure::Failure;
use crate::net::Socket;
use crate::origin::{Origin, without_query};
use crate::secret::Secret;

/// Longest head of a proxy's answer, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;

/// What the settings and the environment say of proxies; the URLs may hold a password.
#[derive(Clone)]
pub(crate) enum ProxySetting {
    /// No proxy: nothing was set, or the setting `proxy` is `none`.
    None,
    /// The setting `proxy`: for every origin but loopback.
    Url(Arc<Secret>),
    /// The variables `HTTPS_PROXY` and `NO_PROXY`.
    Environment {
        /// `HTTPS_PROXY`.
        https_proxy: Arc<Secret>,
        /// `NO_PROXY`, or nothing.
        no_proxy: String,
    },
}

impl ProxySetting {
    /// Whether `other` leads the same way.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Url(url), Self::Url(other)) => url.reveal() == other.reveal(),
            (
                Self::Environment { https_proxy, no_proxy },
                Self::Environment { https_proxy: other, no_proxy: others },
            ) => https_proxy.reveal() == other.reveal() && no_proxy == others,
            _ => false,
        }
    }
}

/// A proxy that opens a tunnel to an origin.
pub(super) struct Proxy {
    origin: Origin,
    /// `Basic …`, made of the user name and the password in its URL.
    authorization: Option<Secret>,
    exceptions: Vec<Exception>,
}

impl Proxy {
    /// Reads the setting.
    ///
    /// # Errors
    /// `InvalidConfig` that names the setting or variable, without user name and password.
    pub(super) fn new(setting: &ProxySetting) -> Result<Option<Self>> {
        match setting {
            ProxySetting::None => Ok(None),
            ProxySetting::Url(url) => Self::parse(url.reveal(), "proxy", "").map(Some),
            ProxySetting::Environment { https_proxy, no_proxy } => {
                Self::parse(https_proxy.reveal(), "HTTPS_PROXY", no_proxy).map(Some)
            }
        }
    }

    fn parse(url: &str, setting: &str, no_proxy: &str) -> Result<Self> {
        let refused = |why: &str| {
            let shown = without_query(url);
            Error::new(ErrorKind::InvalidConfig, format!("{setting} {shown} cannot be used: {why}"))
        };
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(refused("its scheme is not http://; give http://host:port")),
            None => url,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, authority) = match rest.rsplit_once('@') {
            Some((user, authority)) => (Some(user), authority),
            None => (None, rest),
        };
        // The strict parser of origins judges host and port. It takes plain http for loopback only, so it is asked
        // about the https origin of that name; the default port of a proxy is the one of http.
        let origin = Origin::parse(&format!("https://{}", with_port(authority)), setting)
            .map_err(|_| refused("it names no host and port; give http://host:port"))?;
        let authorization = user.map(basic).transpose().map_err(refused)?;
        let exceptions = no_proxy.split([',', ' ']).filter_map(Exception::parse).collect();
        Ok(Self { origin, authorization, exceptions })
    }

    /// Whether `origin` is reached through this proxy. Loopback never is.
    pub(super) fn serves(&self, origin: &Origin) -> bool {
        !origin.is_loopback() && !self.exceptions.iter().any(|exception| exception.covers(origin))
    }

    /// The proxy's host.
    pub(super) fn host(&self) -> &str {
        self.origin.host()
    }

    /// The proxy's port.
    pub(super) fn port(&self) -> u16 {
        self.origin.port()
    }

    /// A failure that names the proxy and never its password.
    pub(super) fn failed(&self, why: impl Into<String>) -> Failure {
        Failure::Proxy { proxy: self.name(), why: why.into() }
    }

    /// Host and port.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host(), self.port())
    }

    /// Asks for a tunnel to `target`, on a connection to the proxy.
    ///
    /// # Errors
    /// [`Failure::Proxy`] for every answer but a 2xx.
    pub(super) fn open_tunnel(
        &self,
        socket: &mut Socket,
        target: &Origin,
    ) -> std::result::Result<(), Failure> {
        let mut request = Zeroizing::new(format!(
            "CONNECT {0}:{1} HTTP/1.1\r\nHost: {0}:{1}\r\n",
            target.host(),
            target.port()
        ));
        if let Some(authorization) = &self.authorization {
            request.push_str("Proxy-Authorization: ");
            request.push_str(authorization.reveal());
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        socket.write_all(request.as_bytes()).map_err(|error| self.broken(&error))?;
        let head = read_head(socket).map_err(|error| self.broken(&error))?;
        match status(&head) {
            // The server behind the tunnel speaks second: what follows the head can only be the proxy's own.
            Some(200..=299) if end(&head) == Some(head.len()) => Ok(()),
            Some(407) => Err(self.failed("wants a user name and password (407)")),
            Some(status @ 300..) => {
                Err(self.failed(format!("refused the way to {target} (status {status})")))
            }
            _ => Err(self.failed("answered CONNECT with something that is not HTTP")),
        }
    }

    fn broken(&self, error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::TimedOut => Failure::TimedOut,
            kind => self.failed(format!("broke the connection off ({kind})")),
        }
    }
}

/// `authority` with the port that a proxy has when its URL names none.
fn with_port(authority: &str) -> String {
    let after_host = authority.rsplit(']').next().unwrap_or_default();
    if after_host.contains(':') { authority.to_owned() } else { format!("{authority}:80") }
}

/// The value of `Proxy-Authorization` (RFC 7617) from the part of a URL before the `@`.
fn basic(user: &str) -> std::result::Result<Secret, &'static str> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let mut plain = Zeroizing::new(Vec::new());
    plain.extend(percent_decode_str(name));
    if plain.contains(&b':') {
        return Err("its user name has a colon, which Basic authentication cannot send");
    }
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    Ok(Secret::new(format!("Basic {}", STANDARD.encode(&*plain))))
}

/// Reads up to the empty line, and whatever came along with it.
fn read_head(socket: &mut Socket) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while end(&head).is_none() && head.len() < HEAD_LIMIT {
        match socket.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            amount => head.extend_from_slice(&piece[..amount]),
        }
    }
    Ok(head)
}

/// Where the head ends.
fn end(head: &[u8]) -> Option<usize> {
    head.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|at| at + 4)
}

/// The status of an HTTP/1 answer.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    match rest {
        [b'0' | b'1', b' ', digits @ ..] => std::str::from_utf8(digits.get(..3)?).ok()?.parse().ok(),
        _ => None,
    }
}

/// One entry of `NO_PROXY`.
enum Exception {
    Everything,
    /// The host itself and every host below it, on any port or on one.
    Host(String, Option<u16>),
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_ascii_lowercase();
        if entry == "*" {
            return Some(Self::Everything);
        }
        let entry = entry.trim_start_matches('*').trim_start_matches('.');
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()),
            _ => (entry, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then(|| Self::Host(host.to_owned(), port))
    }

    fn covers(&self, origin: &Origin) -> bool {
        let Self::Host(name, port) = self else { return true };
        let host = origin.host().trim_start_matches('[').trim_end_matches(']');
        let below =
            host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        below && port.is_none_or(|port| port == origin.port())
    }
}
