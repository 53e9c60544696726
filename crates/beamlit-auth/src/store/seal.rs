//! How an entry is sealed: with ChaCha20-Poly1305 (RFC 8439) under a key of 32 bytes, and bound to its own name.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::error::Result;
use crate::secret::digest;
use crate::sys::System;

/// How a sealed entry begins; the digit is its format.
const MAGIC: &[u8] = b"beamlit-seal-1\n";
/// How long the name of a key is.
const ID: usize = 32;

/// A key, and its name, by which what another key sealed is told from what was damaged.
pub(crate) struct Seal {
    key: LessSafeKey,
    id: String,
}

/// What became of opening an entry.
pub(crate) enum Unsealed {
    /// What was sealed.
    Data(Zeroizing<Vec<u8>>),
    /// Another key sealed it.
    OtherKey,
    /// A newer version sealed it.
    Newer,
    /// It is nothing that was sealed, or was changed since.
    Damaged,
}

impl Seal {
    /// The seal with this key; `None` is a key of another length.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        let id = digest(&Zeroizing::new([b"beamlit-seal key\n", key].concat()));
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).ok()?;
        Some(Self { key: LessSafeKey::new(key), id })
    }

    /// The name of the key, which tells nothing of it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Seals `data` as the entry `name`.
    ///
    /// # Errors
    /// The system's, if it has no entropy.
    pub(crate) fn seal(&self, name: &str, data: &[u8], system: &dyn System) -> Result<Vec<u8>> {
        let random = [system.random()?.to_ne_bytes(), system.random()?.to_ne_bytes()].concat();
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&random[..NONCE_LEN]);
        let mut sealed = Zeroizing::new(data.to_vec());
        let (place, nonce_of) = (aad(name), Nonce::assume_unique_for_key(nonce));
        let tag = self.key.seal_in_place_separate_tag(nonce_of, place, &mut sealed).map_err(|_| {
            crate::error::Error::new(
                crate::error::ErrorKind::InternalError,
                "an entry is too long to be sealed",
            )
        })?;
        Ok([MAGIC, self.id.as_bytes(), &nonce, &sealed, tag.as_ref()].concat())
    }

    /// Opens what was sealed as the entry `name`.
    pub(crate) fn open(&self, name: &str, sealed: &[u8]) -> Unsealed {
        let Some((id, rest)) = sealed.strip_prefix(MAGIC).and_then(|rest| rest.split_at_checked(ID)) else {
            let newer = sealed.starts_with(MAGIC.split_at(MAGIC.len() - 2).0);
            return if newer { Unsealed::Newer } else { Unsealed::Damaged };
        };
        if id != self.id.as_bytes() {
            return Unsealed::OtherKey;
        }
        let Some((nonce, sealed)) = rest.split_at_checked(NONCE_LEN) else { return Unsealed::Damaged };
        let Ok(nonce) = Nonce::try_assume_unique_for_key(nonce) else { return Unsealed::Damaged };
        let mut data = Zeroizing::new(sealed.to_vec());
        let Ok(length) = self.key.open_in_place(nonce, aad(name), &mut data).map(|data| data.len()) else {
            return Unsealed::Damaged;
        };
        data.truncate(length);
        Unsealed::Data(data)
    }
}

/// What is sealed along: an entry cannot stand under another name.
fn aad(name: &str) -> Aad<Vec<u8>> {
    Aad::from([MAGIC, name.as_bytes()].concat())
}
