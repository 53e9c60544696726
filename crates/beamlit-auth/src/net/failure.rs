//! What can go wrong on the way to a host, and on a connection that stands.

use std::fmt;
use std::io;

use crate::error::Error;
use crate::net::tls::explain;
use crate::printable::printable;

/// Longest text of a library that a message repeats, in characters.
const DETAIL: usize = 120;

/// Why a connection failed. As text: what happened, to go on from the name of the host.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The deadline passed.
    TimedOut,
    /// The host has no address.
    Lookup {
        /// The host.
        host: String,
        /// The resolver's words.
        why: String,
    },
    /// No address of the host took the connection.
    Unreachable(io::Error),
    /// The connection was closed during the TLS handshake.
    HandshakeCut,
    /// The connection was closed.
    Cut,
    /// Any other error of an open connection.
    Broken(io::Error),
    /// TLS refused the server, or the server refused us.
    Tls(rustls::Error),
    /// A fault of this library.
    Internal(String),
    /// An error that has its message already.
    Told(Error),
}

impl From<io::Error> for Failure {
    /// Errors of an open connection, where TLS hides its own in an [`io::Error`].
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut {
            return Self::TimedOut;
        }
        if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::Tls(error.clone());
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Cut,
            _ => Self::Broken(error),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("did not answer in time"),
            Self::Lookup { why, .. } => write!(f, "has no address ({})", printable(why, DETAIL)),
            Self::Unreachable(error) => write!(f, "cannot be reached ({})", error.kind()),
            Self::HandshakeCut => f.write_str("closed the connection during the TLS handshake"),
            Self::Cut => f.write_str("closed the connection"),
            Self::Broken(error) => write!(f, "broke the connection ({})", error.kind()),
            Self::Tls(error) => write!(f, "cannot be trusted: {}", explain(error)),
            Self::Internal(detail) => write!(f, "cannot be asked ({detail}); please report this"),
            Self::Told(error) => write!(f, "cannot be asked: {error}"),
        }
    }
}
