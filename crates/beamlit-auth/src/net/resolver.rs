//! Host names to addresses, at most when a socket opens, and never longer than the caller has time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use crate::net::Failure;
use crate::sys::System;

/// More addresses of one name than this are not tried.
const ADDRESSES: usize = 8;
/// Lookups that may be under way. The system's resolver cannot be interrupted, so a hanging one keeps its thread.
const LOOKUPS: usize = 8;

/// Looks names up on helper threads.
pub(crate) struct Resolver {
    system: Arc<dyn System>,
    under_way: Arc<AtomicUsize>,
}

impl Resolver {
    pub(crate) fn new(system: Arc<dyn System>) -> Self {
        Self { system, under_way: Arc::default() }
    }

    /// The addresses of `host`, which may be an address itself (an IPv6 one in brackets).
    ///
    /// `localhost` is this machine, whatever a name server says of it (RFC 6761 §6.3).
    ///
    /// # Errors
    /// [`Failure::Lookup`]; [`Failure::TimedOut`] when `limit` has passed.
    pub(crate) fn addresses(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        if host.eq_ignore_ascii_case("localhost") {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
        }
        let failed = |why: &str| Failure::Lookup { host: host.to_owned(), why: why.to_owned() };
        let (answer, waiting) = sync_channel(1);
        self.look_up(host.to_owned(), port, answer)?;
        match waiting.recv_timeout(limit) {
            Ok(Ok(found)) if found.is_empty() => Err(failed("it has none")),
            Ok(Ok(found)) => Ok(found),
            Ok(Err(why)) => Err(failed(&why)),
            Err(RecvTimeoutError::Timeout) => Err(Failure::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Err(failed("the lookup broke off")),
        }
    }

    fn look_up(
        &self,
        host: String,
        port: u16,
        answer: SyncSender<Result<Vec<SocketAddr>, String>>,
    ) -> Result<(), Failure> {
        let place = Place::take(&self.under_way).ok_or_else(|| Failure::Lookup {
            host: host.clone(),
            why: format!("{LOOKUPS} earlier lookups hang"),
        })?;
        let work = move || {
            let found = (host.as_str(), port).to_socket_addrs();
            // Whoever asked may have given up; then nobody is left to tell.
            let _ =
                answer.send(found.map(|all| all.take(ADDRESSES).collect()).map_err(|error| reason(&error)));
            drop(place);
        };
        self.system.spawn("beamlit-lookup", Box::new(work)).map_err(Failure::Told)
    }
}

/// The resolver's words without its prefix, which differs between systems.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.rsplit(": ").next().unwrap_or_default().to_lowercase()
}

/// One of the lookups that may be under way, given back when it is dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(under_way: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(under_way));
        (under_way.fetch_add(1, Ordering::Relaxed) < LOOKUPS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
