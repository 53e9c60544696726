//! Follows redirects, and sends a session's headers to the origins that they are for, and nowhere else.
//!
//! `redirects METHOD URL [NAME]`: NAME is that of the header which carries the credential. Prints the status of the last
//! answer.
//!
//! An HTTP library must not follow by itself: to another host ureq leaves out `Authorization` and `Cookie`, and sends
//! every other header that is set, `X-Beamlit-Api-Key` for one.
use std::error::Error;

use beamlit_auth::{Config, ErrorKind, Session};
use ureq::http::{Method, Request, Response, header::LOCATION};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};
use url::Url;

const HOPS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let method = arguments.next().ok_or("usage: redirects METHOD URL [NAME]")?.parse()?;
    let url = arguments.next().ok_or("usage: redirects METHOD URL [NAME]")?.parse()?;
    let config = arguments.next().into_iter().fold(Config::new(), Config::header);
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent = Agent::config_builder().max_redirects(0).http_status_as_error(false).tls_config(tls).build();
    let answer = follow(&Session::open(config)?, &agent.into(), method, url)?;
    println!("{}", answer.status().as_u16());
    Ok(())
}

/// Sends a request, and those that redirects make of it.
fn follow(
    session: &Session,
    agent: &Agent,
    method: Method,
    url: Url,
) -> Result<Response<Body>, Box<dyn Error>> {
    let (mut method, mut url, mut ours) = (method, url, true);
    for hop in 0..HOPS {
        let mut request = Request::builder().method(&method).uri(url.as_str());
        match ours.then(|| session.call().method(method.as_str()).headers(url.as_str())) {
            Some(Ok(headers)) => {
                for (name, value) in &headers {
                    request = request.header(name, value);
                }
            }
            Some(Err(error)) if hop == 0 || error.kind() != ErrorKind::OriginRefused => {
                return Err(error.into());
            }
            // Not on the way back either: it would be others who choose what is asked in our name.
            _ => ours = false,
        }
        let answer = agent.run(request.body(())?)?;
        let location = answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection());
        let Some(location) = location else { return Ok(answer) };
        url = url.join(location.to_str()?)?;
        if !matches!(answer.status().as_u16(), 307 | 308) {
            method = Method::GET;
        }
    }
    Err("too many redirects".into())
}
