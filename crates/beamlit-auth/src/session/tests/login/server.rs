//! An authorization server in memory: it rotates refresh tokens, notices reuse, and answers as it is told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, Request, Response};
use crate::platform::Rotation;

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    Good,
    /// The server acts, and its answer never comes.
    Lost,
    /// No connection stands, nothing is sent.
    NotConnected,
    /// The claim is made, and then no byte leaves.
    NotSent,
    Busy,
    BadRequest,
    Unavailable,
    InvalidGrant,
}

pub(crate) struct Server {
    pub(crate) rotation: Rotation,
    state: Mutex<State>,
    requests: AtomicU64,
    reuse: AtomicU64,
}

struct State {
    issued: u64,
    good: Vec<String>,
    spent: Vec<String>,
    next: Option<Answer>,
    always: Answer,
    pause: Option<(Sender<()>, Receiver<()>)>,
}

struct Door(Arc<Server>);

impl Server {
    pub(crate) fn new(rotation: Rotation) -> Self {
        let state =
            State { issued: 0, good: vec![], spent: vec![], next: None, always: Answer::Good, pause: None };
        Self { rotation, state: Mutex::new(state), requests: AtomicU64::new(0), reuse: AtomicU64::new(0) }
    }

    /// A new refresh token.
    pub(crate) fn issue(&self) -> String {
        let mut state = self.state.lock().unwrap();
        state.issued += 1;
        let token = format!("rt-CANARY-{}", state.issued);
        state.good.push(token.clone());
        token
    }

    pub(crate) fn next(&self, answer: Answer) {
        self.state.lock().unwrap().next = Some(answer);
    }

    pub(crate) fn always(&self, answer: Answer) {
        self.state.lock().unwrap().always = answer;
    }

    /// The next request stops when it has arrived: it says so, and waits to be told to go on.
    pub(crate) fn pause(&self) -> (Receiver<()>, Sender<()>) {
        let ((reached, told), (tell, go_on)) = (channel(), channel());
        self.state.lock().unwrap().pause = Some((reached, go_on));
        (told, tell)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn reuse(&self) -> u64 {
        self.reuse.load(Ordering::SeqCst)
    }

    pub(crate) fn door(self: &Arc<Self>) -> Box<dyn Http> {
        Box::new(Door(Arc::clone(self)))
    }

    fn take_answer(&self) -> Answer {
        let mut state = self.state.lock().unwrap();
        state.next.take().unwrap_or(state.always)
    }

    /// What a real server does with a refresh token; `None` is `invalid_grant`.
    fn grant(&self, presented: &str) -> Option<String> {
        let mut state = self.state.lock().unwrap();
        if state.spent.iter().any(|spent| spent == presented) && !matches!(self.rotation, Rotation::Grace(_))
        {
            self.reuse.fetch_add(1, Ordering::SeqCst);
            return None;
        }
        if !state.good.iter().any(|good| good == presented)
            && !state.spent.iter().any(|spent| spent == presented)
        {
            return None;
        }
        if self.rotation == Rotation::None {
            return Some(presented.to_owned());
        }
        state.good.retain(|good| good != presented);
        state.spent.push(presented.to_owned());
        state.issued += 1;
        let token = format!("rt-CANARY-{}", state.issued);
        state.good.push(token.clone());
        Some(token)
    }
}

impl Http for Door {
    fn exchange(&self, _: &Request) -> Result<Response> {
        Err(Error::new(ErrorKind::NetworkError, "nobody is there"))
    }

    fn exchange_once(
        &self,
        request: &Request,
        before_first_byte: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Response> {
        let Self(server) = self;
        let answer = server.take_answer();
        if answer == Answer::NotConnected {
            return Err(Error::new(ErrorKind::NetworkError, "no connection"));
        }
        before_first_byte()?;
        if answer == Answer::NotSent {
            return Err(Error::new(ErrorKind::NetworkError, "too late").with_nothing_sent());
        }
        server.requests.fetch_add(1, Ordering::SeqCst);
        let pause = server.state.lock().unwrap().pause.take();
        if let Some((reached, go_on)) = pause {
            reached.send(()).unwrap();
            go_on.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        let body: serde_json::Value =
            serde_json::from_str(request.body.as_ref().unwrap().text.reveal()).unwrap();
        let presented = body["refresh_token"].as_str().unwrap();
        match answer {
            Answer::Busy => Ok(response(429, r#"{"error":"slow_down"}"#)),
            Answer::BadRequest => Ok(response(422, r#"{"error":"invalid_request"}"#)),
            Answer::Unavailable => Ok(response(503, "")),
            Answer::InvalidGrant => Ok(response(400, r#"{"error":"invalid_grant"}"#)),
            Answer::Lost => {
                server.grant(presented);
                Err(Error::new(ErrorKind::NetworkError, "the answer was lost"))
            }
            Answer::Good | Answer::NotConnected | Answer::NotSent => Ok(match server.grant(presented) {
                Some(token) => response(
                    200,
                    &format!(
                        r#"{{"access_token":"at-of-{token}","token_type":"Bearer","expires_in":7200,"refresh_token":"{token}"}}"#
                    ),
                ),
                None => response(400, r#"{"error":"invalid_grant"}"#),
            }),
        }
    }
}

fn response(status: u16, body: &str) -> Response {
    let content_type = Some("application/json".to_owned());
    Response { status, content_type, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) }
}
