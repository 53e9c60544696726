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

/// Fetches and checks the metadata of `issuer`. The forms of the well-known URL are tried in turn; a form that does
/// not exist gives way to the next, and anything else ends the search.
pub(crate) fn fetch(
    http: &dyn Http,
    issuer: &Url,
    allowed: &[Origin],
    deadline: Duration,
) -> Result<Metadata> {
    let mut absent = None;
    for url in well_known(issuer)? {
        let request = Request { url: url.clone(), authorization: None, body: None, deadline };
        let response = http.exchange(&request)?;
        if is_absent(&response) {
            absent = Some(refusal(&response, &shown(&url)));
            continue;
        }
        return read(&response, &url, issuer, allowed);
    }
    let message = format!("{} publishes no metadata; is it the issuer URL, to the letter?", issuer.as_str());
    let error = Error::new(ErrorKind::InvalidResponse, message);
    Err(match absent.and_then(|last| last.http_status()) {
        Some(status) => error.with_status(status),
        None => error,
    })
}

/// RFC 8414 §3.1 puts the well-known part between host and path; `OpenID` Connect appends it to the path.
fn well_known(issuer: &Url) -> Result<Vec<Url>> {
    let path = issuer.path_and_query().trim_end_matches('/');
    let root = Url::parse(&issuer.origin().to_string(), "platform")?;
    let mut urls = vec![
        root.join(&format!("/.well-known/oauth-authorization-server{path}"))?,
        issuer.join("/.well-known/openid-configuration")?,
    ];
    if !path.is_empty() {
        urls.push(root.join(&format!("/.well-known/openid-configuration{path}"))?);
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
                "https://h.test/.well-known/openid-configuration/v0"
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
