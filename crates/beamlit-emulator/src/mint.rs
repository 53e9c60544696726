//! Makes every credential of the emulator, and puts its mark on each.
//!
//! A client that meets the mark knows that the credential must not leave the machine: JSON Web Tokens have the header
//! `kid` "emulator", all others have `EMULATOR` after their prefix. A user code has none: a person types it.

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
    forms: hmac::Key,
    minted: AtomicU64,
}

impl Mint {
    /// A mint that has given away so many numbers.
    pub(crate) fn new(minted: u64) -> io::Result<Self> {
        let (secrets, signatures, forms) = (random_key()?, random_key()?, random_key()?);
        Ok(Self { secrets, signatures, forms, minted: AtomicU64::new(minted) })
    }

    /// How many numbers it has given away.
    pub(crate) fn minted(&self) -> u64 {
        self.minted.load(Ordering::Relaxed)
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

    pub(crate) fn device_code(&self) -> String {
        self.marked("dc_", 32)
    }

    /// Eight letters that are told apart when read aloud, and spell no word (RFC 8628 §6.1): `WDJB-MJHT`.
    pub(crate) fn user_code(&self) -> String {
        const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
        let mut code = self.drawn(ALPHABET, 8);
        code.insert(4, '-');
        code
    }

    /// A number that nothing else of this emulator has.
    pub(crate) fn number(&self) -> u64 {
        self.minted.fetch_add(1, Ordering::Relaxed)
    }

    /// What a page puts into the form for this purpose, so that a page of somebody else's cannot send it.
    pub(crate) fn form_token(&self, purpose: &str) -> String {
        encoded(hmac::sign(&self.forms, purpose.as_bytes()))
    }

    /// Whether a form for this purpose came from a page of this emulator.
    pub(crate) fn is_form_token(&self, purpose: &str, token: &str) -> bool {
        let token = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        hmac::verify(&self.forms, purpose.as_bytes(), &token).is_ok()
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
        format!("{prefix}EMULATOR{}", self.drawn(ALPHABET, length))
    }

    /// `length` (32 at most) letters of this alphabet.
    fn drawn(&self, alphabet: &[u8], length: usize) -> String {
        let drawn = hmac::sign(&self.secrets, &self.number().to_be_bytes());
        let bytes = drawn.as_ref().iter().take(length);
        bytes.map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
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
