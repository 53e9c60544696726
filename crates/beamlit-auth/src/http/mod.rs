//! The HTTP door: one request, one answer, no redirects, always a deadline.
//!
//! This folder is the only one that names the HTTP library. Everything above sees [`Http`], [`Request`] and
//! [`Response`].

mod answer;
mod buffers;
mod dial;
mod door;
mod failure;
mod proxy;
mod transport;
mod unanswered;

use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::net::STEP;
use crate::origin::Url;
use crate::secret::Secret;

pub(crate) use door::{Door, DoorSettings};
pub(crate) use proxy::ProxySetting;

/// Whoever has no more time than this wants an answer at once or not at all.
pub(crate) const AT_ONCE: Duration = STEP;

/// Something that can make one HTTP request.
pub(crate) trait Http: Send + Sync {
    /// Sends `request` and reads the whole answer, whatever its status; follows no redirect.
    ///
    /// With [`AT_ONCE`] or less until its deadline, it is sent over a connection that stands already, or not at all. When
    /// its answer has not begun by then, the same request, made next and with more time, waits for that answer: nothing
    /// is sent twice.
    ///
    /// # Errors
    /// `NetworkError` (an answer that was cut off included), `TlsError`, `ProxyError`, `DeadlineExceeded`,
    /// `InvalidConfig` for a file of certificates that cannot be read, or `InvalidResponse` for an answer that is no
    /// HTTP or larger than 1 MiB.
    ///
    /// # Blocking
    /// Until the answer is whole or `request.deadline` has passed; [`AT_ONCE`] three times over at most, if that was it.
    fn exchange(&self, request: &Request) -> Result<Response>;

    /// The same over a connection of its own, which is used for nothing else, before or after. `before_first_byte`
    /// runs when the connection stands, TLS included, and nothing of the request has left; its error ends the
    /// exchange, with nothing sent. Nothing is ever sent twice.
    ///
    /// # Errors
    /// As `exchange`, and what `before_first_byte` failed with. Once that has succeeded, an error says nothing about
    /// whether the server acted, unless it is [`is_nothing_sent`](crate::Error::is_nothing_sent). What has arrived when
    /// the deadline passes is still read.
    fn exchange_once(
        &self,
        request: &Request,
        before_first_byte: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Response>;
}

/// A request to an endpoint of an authorization server.
pub(crate) struct Request {
    /// Where to. Its origin is https, or http on loopback.
    pub(crate) url: Url,
    /// The `Authorization` header's value, for example `Basic …`.
    pub(crate) authorization: Option<Secret>,
    /// The body and its content type; a request without one is a GET, with one a POST.
    pub(crate) body: Option<Body>,
    /// When to give up, on [`crate::sys::System::monotonic`].
    pub(crate) deadline: Duration,
}

/// The body of a POST.
pub(crate) struct Body {
    /// For example `application/x-www-form-urlencoded`.
    pub(crate) content_type: &'static str,
    /// Most bodies hold a secret.
    pub(crate) text: Secret,
}

/// An answer, whatever its status.
pub(crate) struct Response {
    /// The status code, 200 to 599.
    pub(crate) status: u16,
    /// `Content-Type` as the server sent it.
    pub(crate) content_type: Option<String>,
    /// `Retry-After` (RFC 9110 §10.2.3), as a delay of at most an hour.
    pub(crate) retry_after: Option<Duration>,
    /// The body, at most 1 MiB; wiped when it goes.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

#[cfg(test)]
mod tests;
