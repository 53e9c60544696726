//! Makes every credential of the emulator, and puts its mark on each.
//!
//! A client that meets the mark knows that the credential must not leave the machine: JSON Web Tokens have the header
//! `kid` "emulator", all others have `EMULATOR` after their prefix.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac};
use serde_json::{Value, json};

/// SHA-256 of a secret: what the emulator keeps instead of the secret.
pub(crate) type Digest = [u8; 32];

/// The digest under which a secret is kept and looked up.
pub(crate) fn digest_of(secret: &str) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    digest
}

/// Source of secrets: one draw of entropy at start, a keyed counter afterwards, so that minting cannot fail.
pub(crate) struct Mint {
    secrets: hmac::Key,
    signatures: hmac::Key,
    minted: AtomicU64,
}

impl Mint {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { secrets: random_key()?, signatures: random_key()?, minted: AtomicU64::new(0) })
    }

    /// `BL_` and 32 of `[0-9A-Z]`, the platform's own format.
    pub(crate) fn api_key(&self) -> String {
        self.marked("BL_", 24)
    }

    pub(crate) fn api_key_id(&self) -> String {
        self.marked("ak_", 16)
    }

    pub(crate) fn client_id(&self) -> String {
        self.marked("sa_", 16)
    }

    pub(crate) fn client_secret(&self) -> String {
        self.marked("cs_", 32)
    }

    pub(crate) fn refresh_token(&self) -> String {
        self.marked("rt_", 32)
    }

    pub(crate) fn opaque_access_token(&self) -> String {
        self.marked("at_", 32)
    }

    /// A JSON Web Token over these claims (RFC 7519), signed with HS256 and this emulator's key.
    pub(crate) fn json_web_token(&self, mut claims: Value) -> String {
        claims["jti"] = self.marked("", 16).into();
        let header = json!({"alg": "HS256", "kid": "emulator", "typ": "JWT"});
        let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = hmac::sign(&self.signatures, signed.as_bytes());
        format!("{signed}.{}", encoded(signature))
    }

    /// Prefix, mark and `length` (32 at most) of `[0-9A-Z]`.
    fn marked(&self, prefix: &str, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let number = self.minted.fetch_add(1, Ordering::Relaxed);
        let drawn = hmac::sign(&self.secrets, &number.to_be_bytes());
        let letters =
            drawn.as_ref().iter().take(length).map(|byte| char::from(ALPHABET[usize::from(*byte) % 36]));
        format!("{prefix}EMULATOR{}", letters.collect::<String>())
    }
}

fn random_key() -> io::Result<hmac::Key> {
    let mut key = [0; 32];
    let no_entropy = |_| io::Error::other("the operating system gives no random bytes");
    SystemRandom::new().fill(&mut key).map_err(no_entropy)?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &key))
}

fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}
