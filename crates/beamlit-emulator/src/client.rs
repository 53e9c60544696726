//! Client authentication at the token endpoint (RFC 6749 §2.3).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use crate::directory::{Directory, Identity, ServiceAccount, Subject};
use crate::mint::digest_of;
use crate::params::Params;
use crate::settings::Dialect;

/// Why a client was not accepted.
pub(crate) enum Rejected {
    /// `client_secret_basic` and `client_secret_post` in one request.
    TwoMethods,
    /// This parameter is missing or wrong.
    Bad(&'static str),
}

/// The service account that the request comes from.
pub(crate) fn authenticate(
    headers: &HeaderMap,
    params: &Params,
    dialect: Dialect,
    directory: &Directory,
) -> Result<Identity, Rejected> {
    let basic = basic_credentials(headers, dialect);
    if dialect == Dialect::Strict && headers.contains_key(AUTHORIZATION) {
        if params.get("client_secret").is_some() {
            return Err(Rejected::TwoMethods);
        }
        if basic.is_empty() {
            return Err(Rejected::Bad("client_id"));
        }
    }
    if basic.is_empty() {
        let client_id = params.get("client_id").ok_or(Rejected::Bad("client_id"))?;
        let client_secret = params.get("client_secret").ok_or(Rejected::Bad("client_secret"))?;
        return verified(directory, client_id, client_secret);
    }
    let mut answers = basic.iter().map(|(id, secret)| verified(directory, id, secret));
    answers.find(Result::is_ok).unwrap_or(Err(Rejected::Bad("client_secret")))
}

/// The `client_id` of a client that may be a public one, where codes and tokens are bound to their client.
///
/// The platform binds none: its own clients leave the client id out, or renew a service account's token under theirs.
pub(crate) fn bound(
    headers: &HeaderMap,
    params: &Params,
    dialect: Dialect,
    directory: &Directory,
) -> Result<Option<String>, Rejected> {
    if dialect == Dialect::Platform {
        return Ok(None);
    }
    let client_id = params.get("client_id");
    // RFC 6749 §3.2.1: a client that has a secret must authenticate.
    let is_confidential = client_id.is_some_and(|client_id| directory.account(client_id).is_some());
    if is_confidential || headers.contains_key(AUTHORIZATION) {
        let identity = authenticate(headers, params, dialect, directory)?;
        return Ok(Some(identity.subject.sub().to_owned()));
    }
    client_id.map(|client_id| Some(client_id.to_owned())).ok_or(Rejected::Bad("client_id"))
}

fn verified(directory: &Directory, client_id: &str, client_secret: &str) -> Result<Identity, Rejected> {
    let account: &ServiceAccount = directory.account(client_id).ok_or(Rejected::Bad("client_id"))?;
    // Digests are compared, so the time it takes says nothing about the secret.
    if account.secret != digest_of(client_secret) {
        return Err(Rejected::Bad("client_secret"));
    }
    let subject = Subject::ServiceAccount(account.client_id.clone());
    Ok(Identity { subject, workspace: account.workspace.clone() })
}

/// The readings of a Basic header: both parts form-decoded, as RFC 6749 §2.3.1 has it, and for the platform, whose
/// own clients do not encode them, also as they stand.
fn basic_credentials(headers: &HeaderMap, dialect: Dialect) -> Vec<(String, String)> {
    let Some((id, secret)) = basic_parts(headers) else { return Vec::new() };
    let mut readings = Vec::new();
    if let (Some(id), Some(secret)) = (form_decoded(&id), form_decoded(&secret)) {
        readings.push((id, secret));
    }
    if dialect == Dialect::Platform {
        readings.push((id, secret));
    }
    readings
}

fn basic_parts(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn form_decoded(part: &str) -> Option<String> {
    let spaced = part.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
