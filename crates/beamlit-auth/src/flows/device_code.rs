//! Device authorization, RFC 8628: ask for codes, show them, poll.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::flows::refresh_token::token_endpoint;
use crate::flows::{Io, shown};
use crate::http::Request;
use crate::origin::Url;
use crate::platform::Dialect;
use crate::printable::printable;
use crate::secret::Secret;
use crate::wire::refusal::refusal;
use crate::wire::request::Form;
use crate::wire::response::{TokenResponse, json_object, token_response};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 §3.2: what an absent `interval` means.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
/// RFC 8628 §3.5: what `slow_down` adds, for good.
pub(crate) const SLOW_DOWN: Duration = Duration::from_secs(5);
/// What is asked for if nobody says: without it many servers give no refresh token (`OpenID` Connect Core §11).
const SCOPE: &str = "offline_access";
/// Longest user code that is shown, in characters.
const USER_CODE: usize = 64;

/// The codes of one login.
pub(crate) struct Codes {
    pub(crate) device_code: Secret,
    /// What the person enters; printable ASCII.
    pub(crate) user_code: String,
    pub(crate) verification_uri: Url,
    pub(crate) verification_uri_complete: Option<Url>,
    pub(crate) expires_in: Duration,
    pub(crate) interval: Duration,
    /// The scope that was asked for; "" for none.
    pub(crate) scope: String,
}

/// The answer to one poll.
pub(crate) enum Poll {
    /// Not yet.
    Pending,
    /// Not yet, and ask less often.
    SlowDown,
    /// The person approved.
    Done(TokenResponse),
}

/// Who asks for a login, and for what.
pub(crate) struct Asked<'a> {
    pub(crate) client_id: &'a str,
    /// `None`: what keeps the login alive.
    pub(crate) scope: Option<&'a str>,
    pub(crate) workspace: Option<&'a str>,
}

/// Asks for codes (RFC 8628 §3.1).
pub(crate) fn start(asked: &Asked<'_>, settings: &Settings, io: &Io, deadline: Duration) -> Result<Codes> {
    let platform = settings.platform.dialect() == Dialect::Platform;
    let metadata = io.metadata(settings, deadline)?;
    let endpoint = match (metadata, &settings.api_url) {
        (Some(metadata), _) => metadata.device_authorization_endpoint()?.clone(),
        (None, Some(base)) => base.join("/login/device")?,
        (None, None) => {
            return Err(Error::new(ErrorKind::InvalidConfig, "no api_url is set for this platform"));
        }
    };
    let mut form = Form::without_grant(settings.platform.dialect());
    form.put("client_id", asked.client_id);
    let has_default = metadata.is_none_or(|metadata| metadata.may_have_scope(SCOPE));
    let scope = asked.scope.unwrap_or(if has_default { SCOPE } else { "" });
    form.put("scope", scope);
    form.put("workspace", asked.workspace.filter(|_| platform).unwrap_or_default());
    let (authorization, body) = form.finish();
    let response =
        io.http.exchange(&Request { url: endpoint.clone(), authorization, body: Some(body), deadline })?;
    let place = shown(&endpoint);
    if response.status != 200 {
        return Err(refusal(&response, &place));
    }
    let members = json_object(&response, &place)?;
    codes(members, &place, scope)
}

/// Asks once whether the person has approved (RFC 8628 §3.4). A device code is spent by its success, so nothing of
/// this is ever sent twice.
pub(crate) fn poll(
    asked: &Asked<'_>,
    device_code: &Secret,
    settings: &Settings,
    io: &Io,
    deadline: Duration,
) -> Result<Poll> {
    let endpoint = token_endpoint(settings, io, deadline)?;
    let mut form = Form::new(settings.platform.dialect(), GRANT);
    form.put("client_id", asked.client_id);
    form.put("device_code", device_code.reveal());
    let (authorization, body) = form.finish();
    let request = Request { url: endpoint.clone(), authorization, body: Some(body), deadline };
    let response = io.http.exchange_once(&request, &mut || Ok(()))?;
    // The platform's own way of saying "pending".
    if response.status == 202 {
        return Ok(Poll::Pending);
    }
    match token_response(&response, &shown(&endpoint)) {
        Ok(tokens) => Ok(Poll::Done(tokens)),
        Err(error) => match error.oauth_error() {
            Some("authorization_pending") => Ok(Poll::Pending),
            Some("slow_down") => Ok(Poll::SlowDown),
            Some("expired_token") => Err(Error::new(
                ErrorKind::LoginExpired,
                "the code was not approved in time; start the login again",
            )),
            Some("access_denied") => {
                Err(Error::new(ErrorKind::AccessDenied, "the login was denied in the browser"))
            }
            _ => Err(error),
        },
    }
}

fn codes(mut members: Map<String, Value>, place: &str, scope: &str) -> Result<Codes> {
    let malformed = |what: &str| {
        Error::new(ErrorKind::InvalidResponse, format!("the answer of {place} cannot be used: {what}"))
    };
    let mut text = |name: &str| match members.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let device_code = text("device_code").ok_or_else(|| malformed("device_code is missing"))?;
    let user_code = text("user_code").ok_or_else(|| malformed("user_code is missing"))?;
    let uri = text("verification_uri").or_else(|| text("verification_url"));
    let uri = uri.ok_or_else(|| malformed("verification_uri is missing"))?;
    let complete = text("verification_uri_complete");
    let expires_in =
        seconds(members.get("expires_in")).ok_or_else(|| malformed("expires_in is missing or no number"))?;
    let user_code: String =
        printable(&user_code, USER_CODE).chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
    Ok(Codes {
        device_code: Secret::new(device_code),
        user_code,
        verification_uri: Url::parse(&uri, "verification_uri").map_err(|error| malformed(error.message()))?,
        // A link that cannot be opened safely is left out: the code can still be typed.
        verification_uri_complete: complete
            .and_then(|uri| Url::parse(&uri, "verification_uri_complete").ok()),
        expires_in,
        interval: seconds(members.get("interval")).unwrap_or(DEFAULT_INTERVAL),
        scope: scope.to_owned(),
    })
}

/// A number of seconds, or a string of one.
fn seconds(member: Option<&Value>) -> Option<Duration> {
    let seconds = match member? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map(|time| time.min(Duration::from_secs(86_400)))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use serde_json::json;
    use zeroize::Zeroizing;

    use super::{Asked, start};
    use crate::config::{Config, Environment};
    use crate::error::Result;
    use crate::flows::Io;
    use crate::http::{Http, Request, Response};
    use crate::platform::Platform;
    use crate::sys::Unix;

    const ISSUER: &str = "http://127.0.0.1:9";

    /// A server that lists these scopes; it keeps the last form that was sent to it.
    struct Server {
        scopes: serde_json::Value,
        form: Arc<Mutex<String>>,
    }

    impl Http for Server {
        fn exchange(&self, request: &Request) -> Result<Response> {
            let answer = match &request.body {
                None => json!({"issuer": ISSUER, "scopes_supported": self.scopes,
                    "device_authorization_endpoint": format!("{ISSUER}/device")}),
                Some(body) => {
                    body.text.reveal().clone_into(&mut self.form.lock().unwrap());
                    json!({"device_code": "CANARY", "user_code": "A-B", "verification_uri": ISSUER, "expires_in": 9})
                }
            };
            let body = Zeroizing::new(answer.to_string().into_bytes());
            Ok(Response { status: 200, content_type: None, retry_after: None, body })
        }

        fn exchange_once(&self, request: &Request, _: &mut dyn FnMut() -> Result<()>) -> Result<Response> {
            self.exchange(request)
        }
    }

    /// What is sent to that server.
    fn sent(scopes: serde_json::Value, scope: Option<&str>) -> String {
        let settings =
            Config::new().platform(Platform::custom(ISSUER)).settle(&Environment::default()).unwrap();
        let form = Arc::new(Mutex::new(String::new()));
        let io = Io::new(Box::new(Server { scopes, form: Arc::clone(&form) }), Arc::new(Unix));
        let asked = Asked { client_id: "cli", scope, workspace: None };
        start(&asked, &settings, &io, Duration::MAX).unwrap();
        form.lock().unwrap().clone()
    }

    #[test]
    fn offline_access_is_asked_for_unless_the_server_does_not_list_it() {
        assert_eq!(sent(json!(null), None), "client_id=cli&scope=offline_access");
        assert_eq!(sent(json!(["openid", "offline_access"]), None), "client_id=cli&scope=offline_access");
        assert_eq!(sent(json!(["openid", "email"]), None), "client_id=cli");
        assert_eq!(sent(json!(["openid", "email"]), Some("offline")), "client_id=cli&scope=offline");
    }
}
