//! The door itself: ureq, set up so that nothing is left to its defaults.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method};
use ureq::Agent;
use ureq::config::AutoHeaderValue;
use ureq::unversioned::transport::Connector;

use crate::error::{Error, ErrorKind, Result};
use crate::http::dial::{Dial, Dialer, NoLookup, Opened};
use crate::http::failure::{Circumstances, Failure};
use crate::http::proxy::{Proxy, ProxySetting};
use crate::http::transport::Connection;
use crate::http::unanswered::Unanswered;
use crate::http::{AT_ONCE, Http, Request, Response, answer};
use crate::net::{Trust, Way};
use crate::origin::without_query;
use crate::sys::{Mutex, System};

/// Longest head of an answer, in bytes.
pub(super) const HEAD_LIMIT: usize = 64 * 1024;
/// Longest line of a request for which connections are kept, in bytes; a longer one gets a connection of its own.
const LINE: usize = 4 * 1024;
/// Room in a line besides the value of a header or a URL.
const LINE_OVERHEAD: usize = 64;
/// Longest `User-Agent`, in bytes.
const USER_AGENT_LIMIT: usize = 1024;
/// Name lookup, connect, proxy and TLS together.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A whole exchange, whatever time the caller has.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// Connections that wait for another request: in all, to one origin, and for how long.
const IDLE: usize = 8;
const IDLE_PER_ORIGIN: usize = 2;
const IDLE_TIME: Duration = Duration::from_secs(15);
/// What the door has to know of the configuration.
#[derive(Clone)]
pub(crate) struct DoorSettings {
    /// Which servers are trusted.
    pub(crate) trust: Trust,
    /// The setting `proxy`, or the variables for one.
    pub(crate) proxy: ProxySetting,
    /// The whole `User-Agent`.
    pub(crate) user_agent: String,
}

impl DoorSettings {
    /// Whether a door made from `other` does the same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let Self { trust, proxy, user_agent } = other;
        (&self.trust, &self.user_agent) == (trust, user_agent) && self.proxy.is_like(proxy)
    }
}

/// The real [`Http`]. It belongs to the process that made it: a child after a fork makes another one, because the
/// connections of the pool are the parent's.
pub(crate) struct Door {
    agent: Agent,
    dial: Arc<Dial>,
    user_agent: HeaderValue,
    system: Arc<dyn System>,
    /// The request that had no more time than to be sent.
    unanswered: Mutex<Option<Unanswered>>,
}

impl Door {
    /// A door that has opened nothing yet: no file, no socket, no thread.
    ///
    /// # Errors
    /// `InvalidConfig` for a proxy or a user agent that cannot be used.
    pub(crate) fn new(settings: DoorSettings, system: Arc<dyn System>) -> Result<Self> {
        let DoorSettings { trust, proxy, user_agent } = settings;
        let user_agent =
            header(&user_agent).filter(|value| value.len() <= USER_AGENT_LIMIT).ok_or_else(|| {
                let message = "user_agent cannot be used: give at most 1024 characters of printable ASCII";
                Error::new(ErrorKind::InvalidConfig, message)
            })?;
        let dial = Arc::new(Dial {
            proxy: Proxy::new(&proxy)?,
            way: Way::new(trust, Some("http/1.1"), Arc::clone(&system)),
            system: Arc::clone(&system),
        });
        let agent = agent(Dialer(Arc::clone(&dial)), IDLE);
        Ok(Self { agent, dial, user_agent, system, unanswered: Mutex::new(None) })
    }

    /// The error that `failure` is to the caller.
    fn told(&self, failure: Failure, request: &Request, begun: Duration) -> Error {
        let now = self.system.monotonic();
        failure.into_error(&Circumstances {
            origin: request.url.origin(),
            deadline_passed: now >= request.deadline,
            seconds: now.saturating_sub(begun).as_secs_f64(),
        })
    }

    fn send(
        &self,
        agent: &Agent,
        request: &Request,
        limit: Option<Duration>,
    ) -> std::result::Result<Response, Failure> {
        let mut head = http::Request::builder()
            .uri(request.url.as_str())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, &self.user_agent);
        if let Some(authorization) = &request.authorization {
            let mut value = header(authorization.reveal())
                .ok_or_else(|| Failure::Internal("the authorization is no header value".to_owned()))?;
            value.set_sensitive(true);
            head = head.header(AUTHORIZATION, value);
        }
        let answer = match &request.body {
            None => run(agent, head.method(Method::GET).body(()), request, limit),
            Some(body) => {
                let head = head.method(Method::POST).header(CONTENT_TYPE, body.content_type);
                run(agent, head.body(body.text.reveal().as_bytes()), request, limit)
            }
        }?;
        let status = answer.status().as_u16();
        log::debug!(target: "beamlit_auth", "{} {} {status}", request.method(), without_query(request.url.as_str()));
        answer::read(answer, self.system.wall())
    }
}

/// A request without the time to be answered, and what comes of it.
impl Door {
    /// Keeps `request` if all that is missing is its answer.
    fn keep(&self, request: &Request, failure: Failure) -> Failure {
        let Failure::Unanswered(stream) = failure else { return failure };
        *self.unanswered.lock() = Some(Unanswered::new(request, *stream));
        Failure::TimedOut
    }

    /// Waits on for the answer to `request`, if it was sent and kept.
    fn wait_on(&self, request: &Request, end: Duration) -> Option<std::result::Result<Response, Failure>> {
        let kept = self.unanswered.lock().take_if(|kept| kept.is_to(request))?;
        let connector = Opened::new(kept.stream, end, Arc::clone(&self.system)).sent();
        Some(self.send(&agent(connector, 0), request, None))
    }
}

impl Http for Door {
    fn exchange(&self, request: &Request) -> Result<Response> {
        let begun = self.system.monotonic();
        let end = request.deadline.min(begun + CALL_LIMIT);
        let left = || Some(end.saturating_sub(self.system.monotonic()));
        let done = match self.wait_on(request, end).unwrap_or_else(|| self.send(&self.agent, request, left()))
        {
            // A connection of the pool was dead. The server may have seen the request all the same, which requests
            // that spend nothing can bear; the others take no connection from the pool to begin with.
            Err(Failure::Stale) => self.send(&agent(Dialer(Arc::clone(&self.dial)), 0), request, left()),
            done => done,
        };
        done.map_err(|failure| {
            let failure = if end <= begun + AT_ONCE { self.keep(request, failure) } else { failure };
            self.told(failure, request, begun)
        })
    }

    fn exchange_once(
        &self,
        request: &Request,
        before_first_byte: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Response> {
        let begun = self.system.monotonic();
        let end = request.deadline.min(begun + CALL_LIMIT);
        let stream = self.dial.open(request.url.origin(), end.min(begun + CONNECT_LIMIT));
        let mut stream = stream.map_err(|failure| self.told(failure, request, begun))?;
        before_first_byte()?;
        let sent = Arc::new(AtomicBool::new(false));
        stream.socket().tell(Arc::clone(&sent));
        // ureq gets no time limit: when it has passed, ureq would not look at what has arrived.
        let agent = agent(Opened::new(stream, end, Arc::clone(&self.system)), 0);
        self.send(&agent, request, None).map_err(|failure| {
            let error = self.told(failure, request, begun);
            if sent.load(Ordering::Acquire) { error } else { error.with_nothing_sent() }
        })
    }
}

impl Request {
    fn method(&self) -> Method {
        if self.body.is_some() { Method::POST } else { Method::GET }
    }

    /// The longest line of the head.
    fn longest_line(&self) -> usize {
        let authorization = self.authorization.as_ref().map_or(0, |value| value.reveal().len());
        self.url.as_str().len().max(authorization) + LINE_OVERHEAD
    }
}

/// An agent that keeps up to `idle` connections. Each default of ureq that matters is set here, the same ones too.
fn agent(connector: impl Connector<Out = Connection>, idle: usize) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(false) // `Url` decides: https, or http on loopback
        .proxy(None) // ours, see proxy.rs; ureq would read the environment
        .max_redirects(0)
        .max_redirects_will_error(false)
        .save_redirect_history(false)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .max_response_header_size(HEAD_LIMIT)
        .output_buffer_size(LINE)
        .max_idle_connections(idle)
        .max_idle_connections_per_host(IDLE_PER_ORIGIN)
        .max_idle_age(IDLE_TIME)
        .timeout_connect(Some(CONNECT_LIMIT))
        .build();
    Agent::with_parts(config, connector, NoLookup)
}

fn run<B: ureq::AsSendBody>(
    agent: &Agent,
    request: http::Result<http::Request<B>>,
    ours: &Request,
    limit: Option<Duration>,
) -> std::result::Result<http::Response<ureq::Body>, Failure> {
    let request = request.map_err(|error| Failure::Internal(error.to_string()))?;
    let options = agent.configure_request(request);
    let mut options = match limit {
        // A body follows its head soon, and whoever has read half an answer cannot hand it over.
        Some(limit) if limit <= AT_ONCE => options
            .timeout_connect(Some(Duration::ZERO))
            .timeout_recv_response(Some(limit))
            .timeout_recv_body(Some(2 * AT_ONCE)),
        limit => options.timeout_global(limit),
    };
    if ours.longest_line() > LINE {
        options = options.output_buffer_size(ours.longest_line());
    }
    agent.run(options.build()).map_err(Failure::from)
}

/// `text` as a header's value, if it is printable ASCII: ureq would send what is not.
fn header(text: &str) -> Option<HeaderValue> {
    let printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    printable.then(|| HeaderValue::from_str(text).ok()).flatten()
}
