//! What reached the emulator, for tests to look at.

use std::collections::VecDeque;
use std::fmt;
use std::time::SystemTime;

use axum::http::request::Parts;

/// One request as it arrived, and how it was answered.
///
/// `Debug` shows neither headers, query nor body: they hold the client's secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// When it had arrived in full, by the machine's clock.
    pub time: SystemTime,
    /// The method, upper case.
    pub method: String,
    /// The path as it was sent, doubled slashes included.
    pub path: String,
    /// The query without its question mark.
    pub query: Option<String>,
    /// Names in lower case and values, in the order of arrival; bytes that are no UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body, 1 MiB at most.
    pub body: Vec<u8>,
    /// The status of the answer; `None` while there is none, and for ever if the connection was dropped.
    pub status: Option<u16>,
}

impl RecordedRequest {
    pub(crate) fn new(parts: &Parts, body: &[u8]) -> Self {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        Self {
            time: SystemTime::now(),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
                .collect(),
            // A copy: the body as read shares the whole buffer of its connection.
            body: body.to_vec(),
            status: None,
        }
    }

    /// The value of the first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {:?}", self.method, self.path, self.status)
    }
}

/// The most recent requests; older ones go, so that a long run does not eat the machine's memory.
#[derive(Default)]
pub(crate) struct Recording {
    requests: VecDeque<RecordedRequest>,
    forgotten: usize,
    body_bytes: usize,
}

impl Recording {
    const MOST_REQUESTS: usize = 10_000;
    const MOST_BODY_BYTES: usize = 64 << 20;

    /// Keeps the request; the number that comes back is what [`Self::answered`] takes.
    pub(crate) fn arrived(&mut self, request: RecordedRequest) -> usize {
        self.body_bytes += request.body.len();
        self.requests.push_back(request);
        while self.requests.len() > Self::MOST_REQUESTS || self.body_bytes > Self::MOST_BODY_BYTES {
            let Some(oldest) = self.requests.pop_front() else { break };
            self.body_bytes -= oldest.body.len();
            self.forgotten += 1;
        }
        self.forgotten + self.requests.len() - 1
    }

    /// Notes the answer's status.
    pub(crate) fn answered(&mut self, number: usize, status: u16) {
        let index = number.checked_sub(self.forgotten);
        if let Some(request) = index.and_then(|index| self.requests.get_mut(index)) {
            request.status = Some(status);
        }
    }

    /// All requests that are still known, oldest first.
    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }
}
