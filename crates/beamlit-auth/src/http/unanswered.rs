//! A request that has been sent and whose answer had not begun when its time was over. Whoever has more time waits for
//! that answer, and sends nothing.

use crate::http::Request;
use crate::net::Stream;
use crate::origin::Url;
use crate::secret::Secret;

/// The connection that the answer will come by, and the request that it is an answer to.
pub(super) struct Unanswered {
    pub(super) stream: Stream,
    request: Identity,
}

impl Unanswered {
    pub(super) fn new(request: &Request, stream: Stream) -> Self {
        Self { stream, request: Identity::of(request) }
    }

    /// Whether the answer is one to `request`, whatever time that has.
    pub(super) fn is_to(&self, request: &Request) -> bool {
        self.request == Identity::of(request)
    }
}

/// A request but for its deadline. Digests, because a second copy of the secrets in it would be for nothing.
#[derive(PartialEq, Eq)]
struct Identity {
    url: Url,
    authorization: Option<String>,
    body: Option<String>,
}

impl Identity {
    fn of(request: &Request) -> Self {
        Self {
            url: request.url.clone(),
            authorization: request.authorization.as_ref().map(Secret::digest),
            body: request.body.as_ref().map(|body| body.text.digest()),
        }
    }
}
