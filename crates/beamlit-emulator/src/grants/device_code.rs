//! RFC 8628 §3.4.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::access_token::Grant;
use crate::device::{DeviceRequest, Poll};
use crate::directory::{Identity, Subject};
use crate::family::Family;
use crate::oauth_error::OauthError;
use crate::oauth_request::OauthRequest;
use crate::settings::{Pending, Settings};
use crate::state::State;

pub(super) fn exchange(request: &OauthRequest<'_>) -> Result<Map<String, Value>, OauthError> {
    let (state, settings) = (request.state, request.settings);
    let device_code = request.required("device_code")?;
    let client_id = request.client_id()?;
    let now_ms = state.clock.now_ms();
    let poll = state.devices.lock().poll(device_code, client_id.as_deref(), settings, now_ms);
    match poll {
        Poll::Granted(device) => Ok(grant(state, settings, &device)),
        Poll::Pending => Err(pending(settings)),
        Poll::TooFast => Err(OauthError::new("slow_down", "poll 5 seconds less often")),
        Poll::Denied => Err(OauthError::new("access_denied", "the user has denied the login")),
        Poll::Expired => Err(OauthError::new("expired_token", "the device code has expired")),
        Poll::Unknown => Err(OauthError::invalid_grant("device_code is unknown")),
        Poll::Replayed(family) => {
            // Whoever has the code of somebody else may have their tokens too (RFC 9700 §4.5, of codes).
            state.end_family(family);
            Err(OauthError::invalid_grant("device_code was used before"))
        }
    }
}

fn grant(state: &State, settings: &Settings, device: &DeviceRequest) -> Map<String, Value> {
    let renewable = settings.refresh_token.unwrap_or(true);
    let family = family(state, device);
    let (identity, scope) = (family.identity.clone(), device.scope.as_deref());
    let refresh_token = renewable.then(|| state.begin_family(settings, family));
    Grant { identity, scope, family: Some(device.family) }.answer(state, settings, refresh_token)
}

/// What the user gave the device.
pub(crate) fn family(state: &State, device: &DeviceRequest) -> Family {
    let workspace = device.workspace.clone().unwrap_or_else(|| state.default_workspace());
    Family {
        id: device.family,
        client_id: device.client_id.clone(),
        identity: Identity { subject: Subject::User, workspace },
        scope: device.scope.clone(),
    }
}

fn pending(settings: &Settings) -> OauthError {
    let status = match settings.pends() {
        Pending::Accepted => StatusCode::ACCEPTED,
        Pending::Error => StatusCode::BAD_REQUEST,
    };
    OauthError::new("authorization_pending", "nobody has decided on the login yet").with_status(status)
}
