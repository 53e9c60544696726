//! Answers of the token endpoint: success (RFC 6749 §5.1) and error (§5.2).

use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::http::Response;
use crate::secret::Secret;
use crate::wire::refusal;

/// Longest access or refresh token that is taken, in bytes.
const TOKEN_LIMIT: usize = 64 * 1024;

/// A successful answer of the token endpoint.
pub(crate) struct TokenResponse {
    pub(crate) access_token: Secret,
    /// Whether it is a bearer token; an API key that stands in for one is not.
    pub(crate) bearer: bool,
    /// `None` if the server did not say.
    pub(crate) expires_in: Option<Duration>,
    /// What the next renewal is made with; `None` if the former one stays.
    pub(crate) refresh_token: Option<Secret>,
    /// The scope granted; `None` if it is what was asked for.
    pub(crate) scope: Option<String>,
}

/// Reads the answer to a token request. `endpoint` is what errors call it, an origin and a path.
///
/// # Errors
/// What [`refusal::refusal`] makes of an error answer; `InvalidResponse` for a success that RFC 6749 §5.1 does not
/// allow; `VerificationFailed` for a `token_type` that is not understood (§7.1).
pub(crate) fn token_response(response: &Response, endpoint: &str) -> Result<TokenResponse> {
    let mut members = success_members(response, endpoint)?;
    match members.get("token_type") {
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("bearer") => {}
        Some(Value::String(_)) => {
            let message = format!(
                "{endpoint} gave a token of a type that is not Bearer, which nobody here understands"
            );
            return Err(Error::new(ErrorKind::VerificationFailed, message));
        }
        _ => return Err(malformed(endpoint, "token_type is missing or no string")),
    }
    Ok(TokenResponse {
        access_token: access_token(&mut members, endpoint)?,
        bearer: true,
        refresh_token: refresh_token(&mut members, endpoint)?,
        expires_in: expires_in(members.get("expires_in"), endpoint)?,
        scope: scope(members.get("scope"), endpoint)?,
    })
}

/// The members of a 200 answer that carries no `error`.
fn success_members(response: &Response, endpoint: &str) -> Result<Map<String, Value>> {
    if response.status != 200 {
        return Err(refusal::refusal(response, endpoint));
    }
    let members = json_object(response, endpoint)?;
    // Some servers answer 200 to everything; whatever else is in it, an error is an error.
    if members.contains_key("error") {
        return Err(refusal::refusal(response, endpoint));
    }
    Ok(members)
}

/// The JSON object in the body of an answer.
///
/// # Errors
/// `InvalidResponse` that says what stood there instead.
pub(crate) fn json_object(response: &Response, endpoint: &str) -> Result<Map<String, Value>> {
    if !is_json(response.content_type.as_deref()) {
        let found =
            response.content_type.as_deref().and_then(|text| text.split(';').next()).unwrap_or_default();
        let found = crate::printable::printable(found.trim(), 60);
        let hint = "is there a login page or a proxy in between, and is the URL right?";
        return Err(malformed(endpoint, &format!("it is {found}, not JSON; {hint}")));
    }
    // RFC 8259 §8.1: a parser may ignore one byte order mark.
    let body = response.body.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(&response.body);
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(malformed(endpoint, "its JSON is no object")),
        Err(_) => Err(malformed(endpoint, "it is no JSON")),
    }
}

/// JSON by its own name, by `+json`, by a plain text type, or unnamed: the body decides, and only as JSON.
fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return true };
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), "" | "application/json" | "text/json" | "text/plain")
        || essence.ends_with("+json")
}

fn access_token(members: &mut Map<String, Value>, endpoint: &str) -> Result<Secret> {
    let Some(Value::String(text)) = members.remove("access_token") else {
        return Err(malformed(endpoint, "access_token is missing or no string"));
    };
    let secret = Secret::new(text);
    if secret.is_visible_ascii(TOKEN_LIMIT) {
        return Ok(secret);
    }
    Err(malformed(endpoint, "access_token is empty, over 64 KiB, or holds what cannot stand in a header"))
}

/// A refresh token of the wrong type is an error and not an absence: the server meant to say something.
fn refresh_token(members: &mut Map<String, Value>, endpoint: &str) -> Result<Option<Secret>> {
    let secret = match members.remove("refresh_token") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => Secret::new(text),
        Some(_) => return Err(malformed(endpoint, "refresh_token is no string")),
    };
    if secret.is_visible_ascii(TOKEN_LIMIT) {
        return Ok(Some(secret));
    }
    Err(malformed(endpoint, "refresh_token is over 64 KiB or holds what no token can"))
}

/// `expires_in` as servers send it: an integer by the RFC, and in the wild also a fraction or a string of either.
fn expires_in(member: Option<&Value>, endpoint: &str) -> Result<Option<Duration>> {
    let seconds = match member {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    match seconds {
        Some(seconds) if seconds.is_finite() => {
            let whole = seconds.floor().max(0.0);
            Ok(Some(Duration::try_from_secs_f64(whole).unwrap_or(Duration::MAX)))
        }
        _ => Err(malformed(endpoint, "expires_in is no number of seconds")),
    }
}

/// `scope` as a string by the RFC, or as the list that some servers send.
fn scope(member: Option<&Value>, endpoint: &str) -> Result<Option<String>> {
    match member {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Array(words)) => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            words.map(|words| Some(words.join(" "))).ok_or_else(|| malformed(endpoint, "scope is no string"))
        }
        Some(_) => Err(malformed(endpoint, "scope is no string")),
    }
    .map(|scope| scope.map(|text| crate::printable::printable(&text, 4096)))
}

fn malformed(endpoint: &str, what: &str) -> Error {
    Error::new(ErrorKind::InvalidResponse, format!("the answer of {endpoint} cannot be used: {what}"))
}

#[cfg(test)]
mod tests;
