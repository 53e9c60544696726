use std::time::Duration;

use zeroize::Zeroizing;

use super::{TokenResponse, token_response};
use crate::error::{Error, ErrorKind};
use crate::http::Response;

const ENDPOINT: &str = "https://login.test/token";

fn answer(status: u16, content_type: Option<&str>, body: impl AsRef<[u8]>) -> Result<TokenResponse, Error> {
    let body = Zeroizing::new(body.as_ref().to_vec());
    let content_type = content_type.map(str::to_owned);
    token_response(
        &Response { status, content_type, retry_after: Some(Duration::from_secs(7)), body },
        ENDPOINT,
    )
}

fn success(members: &str) -> Result<TokenResponse, Error> {
    answer(
        200,
        Some("application/json;charset=UTF-8"),
        format!(r#"{{"access_token":"CANARY","token_type":"Bearer"{members}}}"#),
    )
}

fn kind(status: u16, content_type: &str, body: &str) -> ErrorKind {
    let error = answer(status, Some(content_type), body).err().unwrap_or_else(|| panic!("{body}"));
    assert!(!format!("{error:?}{:?}", error.oauth_error_description()).contains("CANARY"), "{error}");
    error.kind()
}

#[test]
fn rfc6749_5_1_the_lifetime_is_read_as_servers_send_it() {
    let seconds = |member: &str| success(&format!(",\"expires_in\":{member}")).map(|token| token.expires_in);
    for (member, expected) in [("3600", 3600), ("\"3600\"", 3600), ("3600.12", 3600), ("0", 0), ("-1", 0)] {
        assert_eq!(seconds(member).unwrap(), Some(Duration::from_secs(expected)), "{member}");
    }
    assert_eq!(seconds("null").unwrap(), None);
    assert_eq!(success("").unwrap().expires_in, None);
    assert_eq!(seconds("1e30").unwrap(), Some(Duration::MAX));
    for bad in ["false", "{}", "[]", "\"zzz\"", "\"\"", "\"inf\"", "\"nan\""] {
        assert_eq!(seconds(bad).unwrap_err().kind(), ErrorKind::InvalidResponse, "{bad}");
    }
}

#[test]
fn rfc6749_5_1_token_type_is_compared_without_case_and_required() {
    for good in ["bearer", "BEARER", "bEaReR"] {
        assert!(answer(200, None, format!(r#"{{"access_token":"CANARY","token_type":"{good}"}}"#)).is_ok());
    }
    for bad in ["mac", "DPoP", "N_A", ""] {
        assert_eq!(
            kind(200, "application/json", &format!(r#"{{"access_token":"CANARY","token_type":"{bad}"}}"#)),
            ErrorKind::VerificationFailed
        );
    }
    for bad in ["7", "null", "[]"] {
        assert_eq!(
            kind(200, "application/json", &format!(r#"{{"access_token":"CANARY","token_type":{bad}}}"#)),
            ErrorKind::InvalidResponse
        );
    }
    assert_eq!(kind(200, "application/json", r#"{"access_token":"CANARY"}"#), ErrorKind::InvalidResponse);
}

#[test]
fn an_access_token_that_cannot_stand_in_a_header_is_refused() {
    let token = |text: &str| {
        kind(200, "application/json", &format!(r#"{{"access_token":{text},"token_type":"Bearer"}}"#))
    };
    for bad in [
        "null",
        "42",
        "[]",
        "\"\"",
        "\"CANARY\\r\\nX: y\"",
        "\"CANARY \"",
        "\"CANARY\u{e9}\"",
        "\"CANARY\\u0000\"",
    ] {
        assert_eq!(token(bad), ErrorKind::InvalidResponse, "{bad}");
    }
    assert_eq!(token(&format!("\"{}\"", "a".repeat(65 * 1024))), ErrorKind::InvalidResponse);
    assert!(
        answer(200, None, format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, "a".repeat(8192)))
            .is_ok()
    );
}

#[test]
fn unknown_members_a_byte_order_mark_and_scope_lists_are_taken() {
    let token = success(r#","scope":["a","b"],"x":{"y":[1,2,{"z":null}]},"refresh_token":"CANARY""#).unwrap();
    assert_eq!(token.scope.as_deref(), Some("a b"));
    assert!(answer(200, None, "\u{feff}{\"access_token\":\"t\",\"token_type\":\"Bearer\"}").is_ok());
    assert_eq!(success(",\"scope\":\"\"").unwrap().scope.as_deref(), Some(""));
}

#[test]
fn what_is_no_json_object_is_refused() {
    for body in [
        "",
        "null",
        "[]",
        "\"CANARY\"",
        "7",
        "{",
        "{\"access_token\":\"CANARY\"",
        "access_token=CANARY&token_type=bearer",
        &"[".repeat(100_000),
    ] {
        assert_eq!(
            kind(200, "application/json", body),
            ErrorKind::InvalidResponse,
            "{}",
            &body[..body.len().min(40)]
        );
    }
    assert_eq!(kind(200, "text/html", "<html>CANARY"), ErrorKind::InvalidResponse);
    assert_eq!(
        kind(200, "application/x-www-form-urlencoded", "access_token=CANARY"),
        ErrorKind::InvalidResponse
    );
    assert!(answer(200, None, b"\xff\xfe{\0}\0").is_err());
    assert!(answer(200, None, b"{\"access_token\":\"\xff\",\"token_type\":\"Bearer\"}").is_err());
}

#[test]
fn rfc6749_5_2_error_codes_and_statuses_have_their_kinds() {
    for (status, code, expected) in [
        (400, "invalid_client", ErrorKind::InvalidClient),
        (401, "invalid_client", ErrorKind::InvalidClient),
        (400, "unauthorized_client", ErrorKind::InvalidClient),
        (400, "invalid_grant", ErrorKind::InvalidGrant),
        (200, "invalid_grant", ErrorKind::InvalidGrant),
        (400, "invalid_scope", ErrorKind::InvalidScope),
        (400, "invalid_target", ErrorKind::InvalidScope),
        (400, "access_denied", ErrorKind::AccessDenied),
        (400, "temporarily_unavailable", ErrorKind::ServerUnavailable),
        (400, "unsupported_grant_type", ErrorKind::Unsupported),
        (400, "invalid_request", ErrorKind::OauthError),
        (403, "forbidden", ErrorKind::AccessDenied),
        (503, "anything", ErrorKind::ServerUnavailable),
        (429, "slow_down", ErrorKind::RateLimited),
    ] {
        let body = format!(r#"{{"error":"{code}","error_description":"d","access_token":"CANARY"}}"#);
        assert_eq!(kind(status, "application/json", &body), expected, "{status} {code}");
    }
    for (status, expected) in [
        (301, ErrorKind::InvalidResponse),
        (307, ErrorKind::InvalidResponse),
        (201, ErrorKind::InvalidResponse),
        (204, ErrorKind::InvalidResponse),
        (206, ErrorKind::InvalidResponse),
        (401, ErrorKind::InvalidClient),
        (403, ErrorKind::AccessDenied),
        (404, ErrorKind::InvalidResponse),
        (405, ErrorKind::InvalidResponse),
        (408, ErrorKind::ServerUnavailable),
        (422, ErrorKind::InvalidResponse),
        (500, ErrorKind::ServerUnavailable),
        (504, ErrorKind::ServerUnavailable),
    ] {
        assert_eq!(kind(status, "text/html", "<html>CANARY</html>"), expected, "{status}");
    }
}

#[test]
fn retry_after_is_kept_where_a_retry_makes_sense() {
    let error = |status, code: &str| answer(status, None, format!(r#"{{"error":"{code}"}}"#)).err().unwrap();
    assert_eq!(error(503, "x").retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error(400, "invalid_client").retry_after(), None);
}

#[test]
fn rfc6749_5_2_hostile_descriptions_are_neutralised_and_cut() {
    let long = format!(
        r#"{{"error":"invalid_client","error_description":"\u001b]52;c;x\u0007{}"}}"#,
        "y".repeat(1_000_000)
    );
    let error = answer(400, None, long).err().unwrap();
    let shown = error.oauth_error_description().unwrap();
    assert!(shown.starts_with("?]52;c;x?") && shown.chars().count() <= 513);
}
