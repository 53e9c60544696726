//! Access tokens, and the answer that carries one.

use serde_json::{Map, Value, json};

use crate::directory::{Held, Identity};
use crate::family::FamilyId;
use crate::mint::digest_of;
use crate::settings::{Dialect, Settings};
use crate::state::State;

/// Whom an access token is issued to, and for what.
pub(crate) struct Grant<'a> {
    pub(crate) identity: Identity,
    pub(crate) scope: Option<&'a str>,
    /// The login that it belongs to, if that can be renewed.
    pub(crate) family: Option<FamilyId>,
}

impl Grant<'_> {
    /// A new access token, good from now on.
    pub(crate) fn issue(self, state: &State, settings: &Settings) -> String {
        let lifetime_s = i64::from(settings.token_lifetime_s);
        let now_ms = state.clock.now_ms();
        let access_token = if settings.opaque_tokens {
            state.mint.opaque_access_token()
        } else {
            state.mint.json_web_token(self.claims(state, now_ms / 1000, lifetime_s))
        };
        let expires_at_ms = now_ms + lifetime_s * 1000;
        let digest = digest_of(&access_token);
        let held = Held { digest, identity: self.identity, expires_at_ms, family: self.family };
        state.directory.lock().add_access_token(held, now_ms);
        access_token
    }

    fn claims(&self, state: &State, now_s: i64, lifetime_s: i64) -> Value {
        let mut claims = json!({
            "iss": state.api_url(),
            "sub": self.identity.subject.sub(),
            "sub_type": self.identity.subject.sub_type(),
            "workspace": self.identity.workspace,
            "iat": now_s,
            "exp": now_s + lifetime_s,
        });
        if let Some(scope) = self.scope {
            claims["scope"] = scope.into();
        }
        claims
    }

    /// The success answer with a new access token (RFC 6749 §5.1).
    pub(crate) fn answer(
        self,
        state: &State,
        settings: &Settings,
        refresh_token: Option<String>,
    ) -> Map<String, Value> {
        // The platform answers exactly four members: one more breaks its own Python client.
        let scope = self.scope.filter(|_| settings.dialect == Dialect::Strict);
        let mut members = Map::new();
        members.insert("access_token".to_owned(), Value::Null);
        members.insert("token_type".to_owned(), "Bearer".into());
        members.insert("expires_in".to_owned(), settings.token_lifetime_s.into());
        members.extend(scope.map(|scope| ("scope".to_owned(), scope.into())));
        members.extend(refresh_token.map(|token| ("refresh_token".to_owned(), token.into())));
        members["access_token"] = self.issue(state, settings).into();
        members.extend(settings.extra.clone());
        members.retain(|name, _| !settings.omit.contains(name));
        members
    }
}
