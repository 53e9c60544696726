//! What can go wrong below the door, and the one place that turns it into an error with a message.

use std::fmt;
use std::io;

use crate::error::{Error, ErrorKind};
use crate::net::{self, Stream};
use crate::origin::Origin;
use crate::printable::printable;

/// Longest text of a library that a message repeats, in characters.
const DETAIL: usize = 120;

/// Why an exchange failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A connection from the pool turned out to be dead before anything was answered.
    Stale,
    /// The connection was closed before the first byte of an answer.
    Silent,
    /// The answer ended before its own end.
    Cut,
    /// The connection was closed during the TLS handshake.
    HandshakeCut,
    /// The deadline, or the limit for connecting, passed.
    TimedOut,
    /// The same with the request sent and no answer begun, which may come yet.
    Unanswered(Box<Stream>),
    /// No connection stands, and there is no time to open one.
    Unconnected,
    /// The deadline passed while a proxy, here by host and port, was to open the way.
    ProxyTimedOut(String),
    /// The host has no address.
    Lookup {
        /// The host.
        host: String,
        /// The resolver's words.
        why: String,
    },
    /// No address of the host took the connection.
    Unreachable(io::Error),
    /// Any other error of an open connection.
    Broken(io::Error),
    /// The proxy refused, or is not there.
    Proxy {
        /// Its host and port.
        proxy: String,
        /// What it did.
        why: String,
    },
    /// TLS refused the server, or the server refused us.
    Tls(rustls::Error),
    /// The answer is no HTTP/1.1.
    NotHttp(String),
    /// The head of the answer is too long.
    LargeHead,
    /// The body of the answer is too long.
    LargeBody,
    /// A status that no final answer has.
    Status(u16),
    /// A fault of this library.
    Internal(String),
    /// An error that has its message already.
    Told(Error),
}

/// What an error's message says besides the failure.
pub(super) struct Circumstances<'a> {
    /// Where the request went.
    pub(super) origin: &'a Origin,
    /// Whether the caller's own time was over.
    pub(super) deadline_passed: bool,
    /// How long the request took, in seconds.
    pub(super) seconds: f64,
}

impl Failure {
    /// The error for the caller.
    pub(super) fn into_error(self, about: &Circumstances<'_>) -> Error {
        let origin = about.origin;
        let (kind, message) = match self {
            Self::Told(error) => return error,
            Self::Unreachable(error) => {
                let why = error.kind();
                let message =
                    format!("cannot connect to {origin}: {why}; check the host, the port and the network");
                return Error::new(ErrorKind::NetworkError, message).with_source(error);
            }
            Self::Broken(error) => {
                let message = format!("the connection to {origin} broke: {}; try again", error.kind());
                return Error::new(ErrorKind::NetworkError, message).with_source(error);
            }
            Self::TimedOut | Self::Unanswered(_) => timed_out(about),
            Self::Unconnected => {
                let message = format!("there is no time to connect to {origin}; allow more with timeout");
                (ErrorKind::DeadlineExceeded, message)
            }
            Self::ProxyTimedOut(_) if about.deadline_passed => timed_out(about),
            Self::ProxyTimedOut(proxy) => proxy_failed(&proxy, "did not answer in time"),
            Self::Tls(error) => (ErrorKind::TlsError, format!("{origin}: {}", net::explain(&error))),
            Self::Proxy { proxy, why } => proxy_failed(&proxy, &why),
            other => other.plain(origin),
        };
        Error::new(kind, message)
    }

    /// The failures whose message needs nothing but the origin.
    fn plain(self, origin: &Origin) -> (ErrorKind, String) {
        use ErrorKind::{InternalError, InvalidResponse, NetworkError};
        match self {
            Self::Cut => (NetworkError, format!("the answer of {origin} was cut off; try again")),
            Self::HandshakeCut => {
                (NetworkError, format!("{origin} closed the connection during the TLS handshake; try again"))
            }
            Self::Lookup { host, why } => (
                NetworkError,
                format!("no address for {host}: {}; check the name and the network", printable(&why, DETAIL)),
            ),
            Self::NotHttp(detail) => (
                InvalidResponse,
                format!("{origin} answered with something that is not HTTP/1.1 ({detail}); check the URL"),
            ),
            Self::LargeHead => {
                (InvalidResponse, format!("answer with too many headers from {origin}; check the URL"))
            }
            Self::LargeBody => {
                (InvalidResponse, format!("answer larger than 1 MiB from {origin}; check the URL"))
            }
            Self::Status(status) => {
                (InvalidResponse, format!("{origin} answered with the status {status}; check the URL"))
            }
            Self::Internal(detail) => (
                InternalError,
                format!("the request to {origin} could not be made ({detail}); please report this"),
            ),
            _ => (NetworkError, format!("{origin} closed the connection without an answer; try again")),
        }
    }
}

fn proxy_failed(proxy: &str, why: &str) -> (ErrorKind, String) {
    let message = format!("the proxy {proxy} {why}; check the setting proxy or the variable HTTPS_PROXY");
    (ErrorKind::ProxyError, message)
}

/// The call's own limit is not the caller's, and others may still have time: only the latter is `DeadlineExceeded`.
fn timed_out(about: &Circumstances<'_>) -> (ErrorKind, String) {
    let Circumstances { origin, seconds, .. } = about;
    if about.deadline_passed {
        let message = format!("{origin} did not answer within {seconds:.1} s; allow more time with timeout");
        (ErrorKind::DeadlineExceeded, message)
    } else {
        (ErrorKind::NetworkError, format!("{origin} did not answer within {seconds:.0} s; check the network"))
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Other(inner) => match inner.downcast::<Self>() {
                Ok(failure) => *failure,
                Err(other) => Self::Internal(printable(&other.to_string(), DETAIL)),
            },
            ureq::Error::Timeout(_) => Self::TimedOut,
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Self::Cut,
            ureq::Error::Io(error) => Self::Broken(error),
            ureq::Error::LargeResponseHeader(..) => Self::LargeHead,
            ureq::Error::BodyExceedsLimit(_) => Self::LargeBody,
            ureq::Error::Protocol(error) => Self::NotHttp(printable(&error.to_string(), DETAIL)),
            ureq::Error::BodyStalled => Self::NotHttp("its body never ends".to_owned()),
            other => Self::Internal(printable(&other.to_string(), DETAIL)),
        }
    }
}

impl From<Failure> for ureq::Error {
    fn from(failure: Failure) -> Self {
        Self::Other(Box::new(failure))
    }
}

impl From<net::Failure> for Failure {
    fn from(failure: net::Failure) -> Self {
        match failure {
            net::Failure::TimedOut => Self::TimedOut,
            net::Failure::Lookup { host, why } => Self::Lookup { host, why },
            net::Failure::Unreachable(error) => Self::Unreachable(error),
            net::Failure::HandshakeCut => Self::HandshakeCut,
            net::Failure::Cut => Self::Cut,
            net::Failure::Broken(error) => Self::Broken(error),
            net::Failure::Tls(error) => Self::Tls(error),
            net::Failure::Internal(detail) => Self::Internal(detail),
            net::Failure::Told(error) => Self::Told(error),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        net::Failure::from(error).into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Failure {}
