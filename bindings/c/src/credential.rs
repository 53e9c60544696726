//! Credentials: a kind and its fields, by the names of the RFCs.

use std::ffi::c_char;
use std::mem::replace;

use beamlit_core::Result;
use zeroize::Zeroizing;

use crate::boundary::{self, Lost, guard};

/// A credential of any kind: what the caller holds. Made field by field, then copied into a config.
///
/// The first bad field stays with it, and is the error of the next call that uses a config which has it.
pub struct Credential(Result<Parts>);

struct Parts {
    kind: String,
    fields: Vec<(String, Zeroizing<String>)>,
}

impl Credential {
    /// Sets a field to the value that is read under its name.
    fn set<'a>(&mut self, field: Result<&str>, value: impl FnOnce(&str) -> Result<&'a str>) {
        // Should this panic, the credential stays closed.
        let parts = replace(&mut self.0, Err(Lost::Closed.into()));
        self.0 = parts.and_then(|mut parts| {
            let field = field?;
            // Whoever swaps the two passes a secret as the name, and an error would repeat it.
            let name =
                if field.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_')) { field } else { "text" };
            parts.fields.push((field.to_owned(), Zeroizing::new(value(name)?.to_owned())));
            Ok(parts)
        });
    }

    /// The core's credential.
    ///
    /// # Errors
    /// The first bad field, or what the core says of kind and fields.
    pub(crate) fn core(&self) -> Result<beamlit_core::Credential> {
        let parts = self.0.as_ref().map_err(Clone::clone)?;
        let fields: Vec<_> =
            parts.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        beamlit_core::Credential::from_fields(&parts.kind, &fields)
    }
}

/// Makes a credential of a kind, without fields yet. Never NULL; free it with `beamlit_credential_free`.
///
/// | kind | required fields | optional fields | RFC |
/// |---|---|---|---|
/// | `api_key` | `api_key` | | |
/// | `client_credentials` | `client_id`, `client_secret` | `scope`, `audience`, `resource`, `token_endpoint_auth_method` | 6749 §4.4 |
/// | `device_code` | | `client_id`, `scope` | 8628 |
/// | `refresh_token` | `refresh_token` | `client_id`, `scope` | 6749 §6 |
///
/// `beamlit_session_open` with a `device_code` finds the login that is stored for it; `beamlit_login_start` makes one.
///
/// An unknown kind is reported by the next call that uses the credential.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_credential_new(kind: *const c_char) -> Option<Box<Credential>> {
    guard(None, || {
        let kind = boundary::text(&kind, "kind").map(str::to_owned);
        Some(Box::new(Credential(kind.map(|kind| Parts { kind, fields: Vec::new() }))))
    })
}

/// Sets a field. Both strings are copied; the copies are wiped when they go.
///
/// A field that the kind does not have, and a text that is NULL or not UTF-8, are reported by the next call that uses
/// the credential. Does nothing if `credential` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_credential_set(
    credential: Option<&mut Credential>,
    field: *const c_char,
    text: *const c_char,
) {
    guard((), || {
        if let Some(credential) = credential {
            credential.set(boundary::text(&field, "field"), |field| boundary::text(&text, field));
        }
    });
}

/// Frees a credential; the configs that it was copied into keep their copies. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_credential_free(credential: Option<Box<Credential>>) {
    guard((), || drop(credential));
}
