//! The one type that holds a secret.

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

    /// Whether the text can travel in a header as it is: visible ASCII without blanks (RFC 6749 App. A.12, which
    /// RFC 6750 §2.1 narrows further), at most `limit` bytes.
    pub(crate) fn is_visible_ascii(&self, limit: usize) -> bool {
        let text = self.reveal();
        !text.is_empty() && text.len() <= limit && text.bytes().all(|byte| byte.is_ascii_graphic())
    }
}
