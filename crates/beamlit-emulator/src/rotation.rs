//! What renewals do to refresh tokens.

use serde::{Deserialize, Serialize};

/// What a renewal does to the refresh token (RFC 6749 §6, RFC 9700 §4.14.2). In JSON its text: `none`, `grace:30`,
/// `strict`, `revoke`.
///
/// A refresh token that was spent and is sent again is a reuse; [`Emulator::reuse_events`](crate::Emulator::reuse_events)
/// counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Rotation {
    /// All refresh tokens of a login stay good.
    None,
    /// A renewal spends the refresh token. For so many seconds after that it gives its successor once more, unless
    /// that one is spent too; later it is a reuse, which ends the login.
    Grace {
        /// Counted from the first renewal with it.
        seconds: u32,
    },
    /// A renewal spends the refresh token; a reuse is refused, and the login lives on.
    Strict,
    /// A renewal spends the refresh token; a reuse ends the login, and its access tokens are refused too.
    Revoke,
}

impl TryFrom<String> for Rotation {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const EXPECTED: &str = "rotation is none, grace:SECONDS, strict or revoke";
        match text.as_str() {
            "none" => Ok(Self::None),
            "strict" => Ok(Self::Strict),
            "revoke" => Ok(Self::Revoke),
            _ => {
                let seconds = text.strip_prefix("grace:").and_then(|seconds| seconds.parse().ok());
                Ok(Self::Grace { seconds: seconds.ok_or(EXPECTED)? })
            }
        }
    }
}

impl From<Rotation> for String {
    fn from(rotation: Rotation) -> Self {
        match rotation {
            Rotation::None => "none".to_owned(),
            Rotation::Grace { seconds } => format!("grace:{seconds}"),
            Rotation::Strict => "strict".to_owned(),
            Rotation::Revoke => "revoke".to_owned(),
        }
    }
}

/// What the answer to a renewal says of a refresh token that stays good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshAnswer {
    /// It has no `refresh_token`.
    Omitted,
    /// It repeats the one that was sent.
    #[default]
    Same,
    /// It has another one, as good as those before.
    New,
}
