//! RFC 6749 §6.

use serde_json::{Map, Value};

use crate::access_token::Grant;
use crate::family::{Family, Refused};
use crate::oauth_error::OauthError;
use crate::oauth_request::OauthRequest;
use crate::state::State;

pub(super) fn exchange(request: &OauthRequest<'_>) -> Result<Map<String, Value>, OauthError> {
    let (state, settings) = (request.state, request.settings);
    let refresh_token = request.required("refresh_token")?;
    let client_id = request.client_id()?;
    let asked = request.scope()?;
    let (now_ms, fresh) = (state.clock.now_ms(), state.mint.refresh_token());
    let mut families = state.families.lock();
    let family = families.of(refresh_token, now_ms).ok_or_else(unknown)?;
    if client_id.is_some_and(|client_id| client_id != family.client_id) {
        return Err(OauthError::invalid_grant("refresh_token was issued to another client"));
    }
    if asked.is_some_and(|asked| !includes(family, asked)) {
        return Err(OauthError::new("invalid_scope", "scope exceeds what was granted"));
    }
    let renewed = families.renew(refresh_token, fresh, settings, now_ms);
    drop(families);
    let renewal = renewed.map_err(|refused| refusal(state, &refused))?;
    let Family { id, identity, scope, .. } = renewal.family;
    let grant = Grant { identity, scope: asked.or(scope.as_deref()), family: Some(id) };
    Ok(grant.answer(state, settings, renewal.refresh_token))
}

/// Ends the login where that is the answer to a reuse.
fn refusal(state: &State, refused: &Refused) -> OauthError {
    match *refused {
        Refused::Unknown => unknown(),
        Refused::Spent => OauthError::invalid_grant("refresh_token was used before"),
        Refused::Ended(family) => {
            state.end_family(family);
            OauthError::invalid_grant("refresh_token was used before, and the login has ended")
        }
    }
}

fn unknown() -> OauthError {
    OauthError::invalid_grant("refresh_token is unknown, expired or revoked")
}

/// Whether a login has all of this scope.
fn includes(family: &Family, asked: &str) -> bool {
    let granted = family.scope.as_deref().unwrap_or_default();
    asked.split(' ').all(|token| granted.split(' ').any(|known| known == token))
}
