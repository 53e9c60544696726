//! Discovery: finds a server's metadata by its issuer, RFC 8414 §3 and `OpenID` Connect Discovery §4.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::flows::shown;
use crate::http::{Http, Request, Response};
use crate::metadata::Metadata;
use crate::origin::{Origin, Url};
use crate::wire::refusal::refusal;
use crate::wire::response::json_object;

/// Largest metadata document that is read, in bytes.
const LIMIT: usize = 256 * 1024;

/// Fetches and checks the metadata of `issuer`. The forms of the well-known URL are tried in turn until one holds what
/// the issuer says of itself: the host may be another server's, which has its own answers for paths that it does not
/// know. A host that is not reached, or asks for fewer requests, is asked no more.
pub(crate) fn fetch(
    http: &dyn Http,
    issuer: &Url,
    allowed: &[Origin],
    deadline: Duration,
) -> Result<Metadata> {
    let (mut absent, mut told) = (None, None);
    for url in well_known(issuer)? {
        let request = Request { url: url.clone(), authorization: None, body: None, deadline };
        let response = http.exchange(&request)?;
        match read(&response, &url, issuer, allowed) {
            Ok(metadata) => return Ok(metadata),
            Err(error) if error.kind() == ErrorKind::RateLimited => return Err(error),
            Err(_) if is_absent(&response) => absent = Some(response.status),
            // What was nearly the issuer's own says more than what was not.
            Err(error) if told.is_none() || error.kind() == ErrorKind::VerificationFailed => {
                told = Some(error);
            }
            Err(_) => {}
        }
    }
    Err(told.unwrap_or_else(|| nothing_at(issuer, absent)))
}

fn nothing_at(issuer: &Url, status: Option<u16>) -> Error {
    let message = format!("{} publishes no metadata; is it the issuer URL, to the letter?", issuer.as_str());
    let error = Error::new(ErrorKind::InvalidResponse, message);
    status.into_iter().fold(error, Error::with_status)
}

/// RFC 8414 §3.1 puts the well-known part between host and path; `OpenID` Connect appends it to the path; and servers
/// that are mounted below a path have either name at either place.
fn well_known(issuer: &Url) -> Result<Vec<Url>> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let path = issuer.path_and_query().trim_end_matches('/');
    let root = Url::parse(&issuer.origin().to_string(), "platform")?;
    let mut urls = vec![root.join(&format!("{OAUTH}{path}"))?, issuer.join(OPENID)?];
    if !path.is_empty() {
        urls.push(root.join(&format!("{OPENID}{path}"))?);
        urls.push(issuer.join(OAUTH)?);
    }
    Ok(urls)
}

/// Servers say "no such document" with several statuses, or with a page for people.
fn is_absent(response: &Response) -> bool {
    let html =
        response.content_type.as_deref().is_some_and(|text| text.trim_start().starts_with("text/html"));
    matches!(response.status, 400 | 401 | 403 | 404 | 405 | 410) || (response.status == 200 && html)
}

fn read(response: &Response, url: &Url, issuer: &Url, allowed: &[Origin]) -> Result<Metadata> {
    if response.status != 200 {
        return Err(refusal(response, &shown(url)));
    }
    if response.body.len() > LIMIT {
        let message = format!("the answer of {} cannot be used: it is over 256 KiB", shown(url));
        return Err(Error::new(ErrorKind::InvalidResponse, message));
    }
    Metadata::read(&json_object(response, &shown(url))?, issuer, allowed)
}

#[cfg(test)]
mod tests {
    use super::well_known;
    use crate::origin::Url;

    #[test]
    fn rfc8414_3_1_both_forms_of_the_well_known_url() {
        let urls = |issuer: &str| {
            let urls = well_known(&Url::parse(issuer, "platform").unwrap()).unwrap();
            urls.iter().map(|url| url.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            urls("https://h.test/v0"),
            [
                "https://h.test/.well-known/oauth-authorization-server/v0",
                "https://h.test/v0/.well-known/openid-configuration",
                "https://h.test/.well-known/openid-configuration/v0",
                "https://h.test/v0/.well-known/oauth-authorization-server"
            ]
        );
        assert_eq!(
            urls("https://h.test/"),
            [
                "https://h.test/.well-known/oauth-authorization-server",
                "https://h.test/.well-known/openid-configuration"
            ]
        );
    }
}
