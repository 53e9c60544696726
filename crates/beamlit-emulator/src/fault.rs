//! Faults on demand: what goes wrong, for which requests, how often.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::answer::Refusal;

/// Something that goes wrong with the requests to a path.
///
/// ```
/// # use beamlit_emulator::Fault;
/// let busy_twice = Fault::new("/oauth/token").status(503).retry_after(1).times(2);
/// ```
///
/// Without [`status`](Self::status), [`redirect`](Self::redirect) or [`body`](Self::body) the request is served,
/// after the [`delay`](Self::delay) and with the extra headers, if any.
/// The JSON of `POST /_emulator/fault` has the same names; there `delay_s` is a number of seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    path: String,
    method: Option<String>,
    times: Option<u32>,
    skip: u32,
    delay_s: f64,
    after: bool,
    drop: bool,
    hang: bool,
    status: Option<u16>,
    redirect: Option<String>,
    retry_after: Option<u64>,
    headers: BTreeMap<String, String>,
    content_type: Option<String>,
    body: Option<String>,
    #[serde(skip)]
    bytes: Option<Vec<u8>>,
    size: Option<usize>,
}

/// What a fault makes of the answer.
pub(crate) enum Outcome {
    /// The answer is sent.
    Answer(Response),
    /// The connection is closed without an answer.
    Drop,
    /// No answer ever comes; the connection stays open.
    Hang,
}

impl Fault {
    /// A fault of all requests whose path begins with `path`, with or without the `/v0` of the API.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    /// Only requests of this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Goes away after so many requests; without it the fault stays until it is cleared.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Leaves the first `skip` requests alone.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Waits so long before anything else happens; other requests are served meanwhile.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_s = delay.as_secs_f64();
        self
    }

    /// Processes the request first, then delays or spoils the answer: the server has acted, its client cannot know.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.after = true;
        self
    }

    /// Closes the connection without an answer.
    #[must_use]
    pub fn drop(mut self) -> Self {
        self.drop = true;
        self
    }

    /// Never answers, and keeps the connection open until the client or the emulator goes.
    #[must_use]
    pub fn hang(mut self) -> Self {
        self.hang = true;
        self
    }

    /// Answers with this status, 200 to 999; anything else is answered as 500.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Redirects to this URL, with 302 unless [`status`](Self::status) says otherwise.
    #[must_use]
    pub fn redirect(mut self, location: impl Into<String>) -> Self {
        self.redirect = Some(location.into());
        self
    }

    /// Sends `Retry-After` with a number of seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Sends this header too.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Answers with these bytes under this content type, with 200 unless [`status`](Self::status) says otherwise.
    #[must_use]
    pub fn body(mut self, content_type: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.content_type = Some(content_type.into());
        self.bytes = Some(bytes.into());
        self
    }

    /// Repeats or cuts the body to be so many bytes long.
    #[must_use]
    pub fn size(mut self, bytes: usize) -> Self {
        self.size = Some(bytes);
        self
    }

    /// The wait before anything else happens.
    pub(crate) fn pause(&self) -> Duration {
        Duration::try_from_secs_f64(self.delay_s).unwrap_or_default()
    }

    /// Whether the request is processed before the fault takes effect.
    pub(crate) fn is_after(&self) -> bool {
        self.after
    }

    /// Whether the request is served in spite of the fault.
    pub(crate) fn serves(&self) -> bool {
        !(self.drop || self.hang || self.spoils())
    }

    /// What becomes of the request's own answer, `None` where there was none.
    pub(crate) fn outcome(&self, served: Option<Response>) -> Outcome {
        if self.drop {
            return Outcome::Drop;
        }
        if self.hang {
            return Outcome::Hang;
        }
        let mut response = match served {
            Some(response) if !self.spoils() => response,
            _ => self.spoilt(),
        };
        response.headers_mut().extend(self.extra_headers());
        Outcome::Answer(response)
    }

    fn spoils(&self) -> bool {
        self.status.is_some() || self.redirect.is_some() || self.body.is_some() || self.bytes.is_some()
    }

    fn spoilt(&self) -> Response {
        let usual = if self.redirect.is_some() { 302 } else { 200 };
        let status = self.status.unwrap_or(usual);
        let status = StatusCode::from_u16(status).ok().filter(|status| !status.is_informational());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let content_type = self.content_type.clone().unwrap_or_else(|| "application/json".to_owned());
        match self.bytes.clone().or_else(|| self.body.clone().map(String::into_bytes)) {
            Some(bytes) => (status, [(CONTENT_TYPE, content_type)], self.sized(bytes)).into_response(),
            None if self.redirect.is_some() => status.into_response(),
            None => Refusal::new(status).into_response(),
        }
    }

    fn sized(&self, bytes: Vec<u8>) -> Body {
        match self.size {
            Some(size) => Body::from(bytes.into_iter().cycle().take(size).collect::<Vec<u8>>()),
            None => Body::from(bytes),
        }
    }

    /// The headers that go on top; one that HTTP cannot carry is left out.
    fn extra_headers(&self) -> HeaderMap {
        let redirect = self.redirect.iter().map(|url| (LOCATION, url.clone()));
        let retry_after = self.retry_after.iter().map(|seconds| (RETRY_AFTER, seconds.to_string()));
        let others =
            self.headers.iter().filter_map(|(name, value)| Some((name.parse().ok()?, value.clone())));
        let all = redirect.chain(retry_after).chain(others);
        all.filter_map(|(name, value): (HeaderName, String)| Some((name, HeaderValue::try_from(value).ok()?)))
            .collect()
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let in_api = path.strip_prefix("/v0").unwrap_or(path);
        (path.starts_with(&self.path) || in_api.starts_with(&self.path))
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
    }
}

/// The faults in force, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The oldest fault that this request meets, counted.
    pub(crate) fn meet(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.0.retain(|fault| fault.times != Some(0));
        for fault in self.0.iter_mut().filter(|fault| fault.matches(method, path)) {
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            return Some(fault.clone());
        }
        None
    }
}
