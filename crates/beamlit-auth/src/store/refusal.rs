//! Why a store did not do it.

use std::fmt;

/// Why a store did not do it. A text is one line that says what is wrong, and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody was faster, or held the lock all the time.
    Busy,
    /// Nothing can be written there by this user; what is there can be read.
    ReadOnly(String),
    /// It cannot be used now.
    Unavailable(String),
    /// What would open it is locked away, missing or wrong.
    Locked(String),
    /// The key that sealed what is there is gone.
    KeyMissing(String),
    /// What was there was no entry and is out of the way, so there is none now; the text says where.
    SetAside(String),
    /// What is there is no entry and cannot be moved out of the way.
    Corrupt(String),
    /// A newer version made it, or this build lacks it.
    Unsupported(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("somebody else was faster"),
            Self::ReadOnly(text)
            | Self::Unavailable(text)
            | Self::Locked(text)
            | Self::KeyMissing(text)
            | Self::SetAside(text)
            | Self::Corrupt(text)
            | Self::Unsupported(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for StoreError {}
