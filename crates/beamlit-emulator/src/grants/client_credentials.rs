//! RFC 6749 §4.4.

use serde_json::{Map, Value};

use crate::access_token::Grant;
use crate::family::Family;
use crate::oauth_error::OauthError;
use crate::oauth_request::OauthRequest;

pub(super) fn exchange(request: &OauthRequest<'_>) -> Result<Map<String, Value>, OauthError> {
    let (state, settings) = (request.state, request.settings);
    let identity = request.service_account()?;
    let scope = request.scope()?;
    // RFC 6749 §4.4.3: a refresh token should not be included. The platform does, and its own client needs it.
    let renewable = settings.refresh_token.unwrap_or(!settings.is_strict());
    if !renewable {
        return Ok(Grant { identity, scope, family: None }.answer(state, settings, None));
    }
    let id = state.mint.number();
    let client_id = identity.subject.sub().to_owned();
    let family = Family { id, client_id, identity: identity.clone(), scope: scope.map(str::to_owned) };
    let refresh_token = state.begin_family(settings, family);
    Ok(Grant { identity, scope, family: Some(id) }.answer(state, settings, Some(refresh_token)))
}
