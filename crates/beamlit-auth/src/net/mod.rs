//! The way to a host: its addresses, a socket whose waits end at a deadline, and TLS with the trust of this machine.
//!
//! This folder is the only one that names the TLS library.

mod failure;
mod resolver;
mod socket;
mod stream;
pub(crate) mod tls;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::net::resolver::Resolver;
use crate::net::tls::Tls;
use crate::sys::System;

pub(crate) use failure::Failure;
pub(crate) use socket::{STEP, Socket};
pub(crate) use stream::Stream;
pub(crate) use tls::{Config, explain, secure};

/// Which authorities are trusted.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Trust {
    /// The setting `ca_file`: certificates in PEM form, added to the roots.
    pub(crate) ca_file: Option<PathBuf>,
    /// The variable `SSL_CERT_FILE`: the roots, in the place of the system's.
    pub(crate) ssl_cert_file: Option<PathBuf>,
}

/// How connections are opened. Nothing is opened or read before the first one.
pub(crate) struct Way {
    system: Arc<dyn System>,
    resolver: Resolver,
    tls: Tls,
}

impl Way {
    /// `protocol` is the name of what is spoken over TLS (RFC 7301), if it has one.
    pub(crate) fn new(trust: Trust, protocol: Option<&'static str>, system: Arc<dyn System>) -> Self {
        let resolver = Resolver::new(Arc::clone(&system));
        Self { resolver, tls: Tls::new(trust, protocol, Arc::clone(&system)), system }
    }

    /// How TLS is spoken on every connection.
    pub(crate) fn tls(&self) -> Result<Config, Failure> {
        self.tls.config().map_err(Failure::Told)
    }

    /// A connection to the socket of this machine at `path`.
    #[cfg(feature = "redis")]
    pub(crate) fn local(&self, path: &std::path::Path, deadline: Duration) -> Result<Socket, Failure> {
        let left = deadline.saturating_sub(self.system.monotonic());
        let stream = crate::sys::connect_on_this_host(path, left).map_err(Failure::Unreachable)?;
        Ok(Socket::over(stream, deadline, Arc::clone(&self.system)))
    }

    /// A connection to `host`, until `deadline` on [`System::monotonic`].
    pub(crate) fn socket(&self, host: &str, port: u16, deadline: Duration) -> Result<Socket, Failure> {
        let left = deadline.saturating_sub(self.system.monotonic());
        let addresses = self.resolver.addresses(host, port, left)?;
        Socket::connect(&addresses, deadline, Arc::clone(&self.system)).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Failure::TimedOut,
            _ => Failure::Unreachable(error),
        })
    }
}
