//! An answer of ureq's as one of ours.

use std::io::Read;
use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use ureq::Body;
use zeroize::Zeroizing;

use crate::http::Response;
use crate::http::failure::Failure;

/// Largest body that is taken, in bytes.
pub(super) const BODY_LIMIT: usize = 1024 * 1024;
/// First size of a body whose length is not declared.
const BODY: usize = 4 * 1024;
/// Longest delay that `Retry-After` can ask for.
const RETRY_LIMIT: Duration = Duration::from_secs(3600);

/// Reads the rest of the answer.
///
/// `now` is the wall clock, for a `Retry-After` that names a date.
pub(super) fn read(answer: http::Response<Body>, now: Duration) -> Result<Response, Failure> {
    let (head, body) = answer.into_parts();
    let status = head.status.as_u16();
    if !(200..=599).contains(&status) {
        return Err(Failure::Status(status));
    }
    Ok(Response {
        status,
        content_type: text(&head.headers, &CONTENT_TYPE),
        retry_after: text(&head.headers, &RETRY_AFTER).and_then(|value| retry_after(&value, now)),
        body: whole(body)?,
    })
}

/// A declared length beyond the limit is refused before a byte is read, and a body of any other kind at the limit.
fn whole(body: Body) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let declared = body.content_length().map_or(Ok(BODY), usize::try_from).unwrap_or(usize::MAX);
    if declared > BODY_LIMIT {
        return Err(Failure::LargeBody);
    }
    let mut whole = Zeroizing::new(Vec::with_capacity(declared));
    body.into_reader()
        .take(BODY_LIMIT as u64 + 1)
        .read_to_end(&mut whole)
        .map_err(|error| Failure::from(ureq::Error::from(error)))?;
    if whole.len() > BODY_LIMIT { Err(Failure::LargeBody) } else { Ok(whole) }
}

fn text(headers: &HeaderMap, name: &http::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Seconds or a date (RFC 9110 §10.2.3); anything else is as good as nothing.
fn retry_after(value: &str, now: Duration) -> Option<Duration> {
    let value = value.trim();
    let delay = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let date = httpdate::parse_http_date(value).ok()?;
        date.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(now)
    };
    Some(delay.min(RETRY_LIMIT))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::retry_after;

    const NOON: Duration = Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT

    #[test]
    fn rfc9110_10_2_3_retry_after_is_seconds_or_a_date() {
        let seconds = |value| retry_after(value, NOON).map(|delay| delay.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:51:37 GMT"), Some(120));
        assert_eq!(seconds("Sunday, 06-Nov-94 08:51:37 GMT"), Some(120));
        assert_eq!(seconds("Sun Nov  6 08:51:37 1994"), Some(120));
    }

    #[test]
    fn retry_after_is_clamped_to_an_hour_and_never_negative() {
        let seconds = |value| retry_after(value, NOON).map(|delay| delay.as_secs());
        assert_eq!(seconds("86400"), Some(3600));
        assert_eq!(seconds("99999999999999999999999999"), Some(3600));
        assert_eq!(seconds("Mon, 07 Nov 1994 08:49:37 GMT"), Some(3600));
        assert_eq!(seconds("Sat, 05 Nov 1994 08:49:37 GMT"), Some(0));
    }

    #[test]
    fn retry_after_that_is_neither_is_ignored() {
        for value in ["", "soon", "-1", "1.5", "+5", "0x10", "Sun, 31 Feb 1994 08:49:37 GMT junk"] {
            assert_eq!(retry_after(value, NOON), None, "{value}");
        }
    }
}
