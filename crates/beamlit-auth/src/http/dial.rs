//! How a connection to an origin is opened: name, socket, proxy, TLS.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};

use crate::http::failure::Failure;
use crate::http::proxy::Proxy;
use crate::http::transport::Connection;
use crate::net::{Socket, Stream, Way, secure};
use crate::origin::Origin;
use crate::sys::{Mutex, System};

/// Opens connections.
pub(super) struct Dial {
    pub(super) system: Arc<dyn System>,
    pub(super) way: Way,
    pub(super) proxy: Option<Proxy>,
}

impl Dial {
    /// Opens a connection to `origin`, TLS included.
    pub(super) fn open(&self, origin: &Origin, deadline: Duration) -> Result<Stream, Failure> {
        // Before the socket: files that cannot be used are no reason to bother a server.
        let config = origin.is_secure().then(|| self.way.tls()).transpose()?;
        let socket = match &self.proxy {
            Some(proxy) if proxy.serves(origin) => self.through(proxy, origin, deadline)?,
            _ => self.way.socket(origin.host(), origin.port(), deadline)?,
        };
        Ok(match config {
            Some(config) => Stream::Secure(Box::new(secure(socket, origin.host(), config)?)),
            None => Stream::Plain(socket),
        })
    }

    fn through(&self, proxy: &Proxy, origin: &Origin, deadline: Duration) -> Result<Socket, Failure> {
        let reached = self.way.socket(proxy.host(), proxy.port(), deadline).map_err(Failure::from);
        let opened = reached.and_then(|mut socket| {
            proxy.open_tunnel(&mut socket, origin)?;
            Ok(socket)
        });
        opened.map_err(|failure| match failure {
            Failure::Unreachable(error) => proxy.failed(format!("cannot be reached ({})", error.kind())),
            Failure::Lookup { why, .. } => proxy.failed(format!("has no address ({why})")),
            Failure::TimedOut => Failure::ProxyTimedOut(proxy.name()),
            other => other,
        })
    }
}

/// What ureq gets for a resolver: it asks before every request, even when an open connection waits in the pool.
#[derive(Debug)]
pub(super) struct NoLookup;

impl resolver::Resolver for NoLookup {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<resolver::ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

/// The part that ureq owns; what one agent learnt of roots and names serves the others.
pub(super) struct Dialer(pub(super) Arc<Dial>);

impl Connector<()> for Dialer {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection>, ureq::Error> {
        let Self(dial) = self;
        if details.timeout.after.is_zero() {
            return Err(Failure::Unconnected.into());
        }
        let deadline = dial.system.monotonic().saturating_add(*details.timeout.after);
        let (scheme, authority) = (details.uri.scheme_str(), details.uri.authority());
        let origin = format!("{}://{}", scheme.unwrap_or_default(), authority.map_or("", |it| it.as_str()));
        let origin = Origin::parse(&origin, "URL").map_err(Failure::Told)?;
        let stream = dial.open(&origin, deadline)?;
        let line = details.config.output_buffer_size();
        Ok(Some(Connection::new(stream, line, Arc::clone(&dial.system))))
    }
}

/// A connection that stands already, for one request.
pub(super) struct Opened {
    stream: Mutex<Option<Stream>>,
    /// Whether the request has been sent over it.
    sent: bool,
    deadline: Duration,
    system: Arc<dyn System>,
}

impl Opened {
    pub(super) fn new(stream: Stream, deadline: Duration, system: Arc<dyn System>) -> Self {
        Self { stream: Mutex::new(Some(stream)), sent: false, deadline, system }
    }

    /// For a request that has been sent and only has to be answered.
    pub(super) fn sent(self) -> Self {
        Self { sent: true, ..self }
    }
}

impl Connector<()> for Opened {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection>, ureq::Error> {
        let stream = self.stream.lock().take();
        let stream = stream.ok_or_else(|| {
            Failure::Internal("a connection for one request was asked for twice".to_owned())
        })?;
        let line = details.config.output_buffer_size();
        let connection = Connection::new(stream, line, Arc::clone(&self.system)).until(self.deadline);
        Ok(Some(if self.sent { connection.sent() } else { connection }))
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened")
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}
