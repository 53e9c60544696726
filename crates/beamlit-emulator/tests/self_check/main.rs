//! The emulator against RFC 6749, RFC 8414 and the platform's habits, over real sockets.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod api;
mod control;
mod data;
mod device;
mod faults;
mod limits;
mod login;
mod pages;
mod refresh;
mod revocation;
mod serve;
mod service_accounts;
mod token;

use std::time::Duration;

use beamlit_emulator::Emulator;
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

/// The members of a form, encoded.
fn form(members: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish()
}

/// A status and the OAuth `error` that came with it.
fn refused(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

/// What the API answers to this access token.
fn models(emulator: &Emulator, access_token: &str) -> u16 {
    let url = format!("{}/models", emulator.api_url());
    get(&url, &[("authorization", &format!("Bearer {access_token}"))]).status
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
