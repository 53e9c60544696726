//! The emulator against RFC 6749, RFC 8414 and the platform's habits, over real sockets.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod api;
mod control;
mod faults;
mod limits;
mod serve;
mod service_accounts;
mod token;

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// An answer with its body read.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A client that follows no redirect and takes every status for an answer.
fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .new_agent()
}

fn send(
    agent: &Agent,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer, ureq::Error> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = if body.is_empty() {
        agent.run(request.body(()).unwrap())
    } else {
        agent.run(request.body(body).unwrap())
    }?;
    let body = response.body_mut().with_config().limit(64 << 20).read_to_vec()?;
    Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
}

fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    send(&agent(), "GET", url, headers, "").unwrap()
}

fn post_json(url: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let headers = [headers, &[("content-type", "application/json")]].concat();
    send(&agent(), "POST", url, &headers, &body.to_string()).unwrap()
}

fn post_form(url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = [headers, &[("content-type", "application/x-www-form-urlencoded")]].concat();
    send(&agent(), "POST", url, &headers, body).unwrap()
}
