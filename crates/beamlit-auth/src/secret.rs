//! The one type that holds a secret.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest as sha};
use zeroize::Zeroizing;

/// A secret text: a token, key, code or client secret.
///
/// It has no `Debug`, no `Display`, no equality and no `Clone`, and is wiped when it goes. What it cannot wipe is
/// what others copied: the buffers of HTTP and TLS, and whatever a caller made of [`Secret::reveal`].
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over `text`.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself: the one door by which a secret leaves.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// A second copy. Named, so that each one can be searched for and has its reason beside it.
    pub(crate) fn duplicate(&self) -> Self {
        Self::new(self.reveal())
    }

    /// A digest by which two copies can be told to be the same: 128 bits of SHA-256, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        digest(self.reveal().as_bytes())
    }

    /// Whether the text can travel in a header as it is: visible ASCII without blanks (RFC 6749 App. A.12, which
    /// RFC 6750 §2.1 narrows further), at most `limit` bytes.
    pub(crate) fn is_visible_ascii(&self, limit: usize) -> bool {
        let text = self.reveal();
        !text.is_empty() && text.len() <= limit && text.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// 128 bits of SHA-256 in hexadecimal: what names, keys and versions are made of.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(32);
    for byte in &sha(&SHA256, bytes).as_ref()[..16] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
