//! The mark that every credential of the local emulator bears, so that none of them ever leaves the machine.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// Longest JWT header that is looked at, in bytes of base64url.
const HEADER_LIMIT: usize = 8 * 1024;

/// Whether `secret` was issued by an emulator: a JWT whose header has `kid` "emulator" (RFC 7515 §4.1.4), or a
/// text with `EMULATOR` right after its prefix, such as `BL_EMULATOR…`.
pub(crate) fn is_marked(secret: &str) -> bool {
    if secret.split_once('_').is_some_and(|(_, rest)| rest.starts_with("EMULATOR")) {
        return true;
    }
    let Some((header, _)) = secret.split_once('.') else { return false };
    if header.len() > HEADER_LIMIT {
        return false;
    }
    let Ok(json) = URL_SAFE_NO_PAD.decode(header) else { return false };
    serde_json::from_slice::<Header>(&json).is_ok_and(|header| header.kid == "emulator")
}

/// The part of a JWT's header that is looked at.
#[derive(Deserialize)]
struct Header {
    kid: String,
}

#[cfg(test)]
mod tests {
    use super::is_marked;

    #[test]
    fn marks_are_seen_in_keys_and_in_jwt_headers() {
        assert!(is_marked("BL_EMULATORAAAA"));
        assert!(is_marked("cs_EMULATORxyz"));
        assert!(is_marked("eyJhbGciOiJIUzI1NiIsImtpZCI6ImVtdWxhdG9yIn0.e30.c2ln"));
    }

    #[test]
    fn other_secrets_are_not_marked() {
        for other in
            ["", "BL_AAAAEMULATOR", "EMULATOR", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "...", "a.b.c", "é.é"]
        {
            assert!(!is_marked(other), "{other}");
        }
    }
}
