//! What is chosen about an API key before it exists.

use crate::directory::USER;

/// A key to be made.
pub(crate) struct KeyDraft {
    pub(crate) name: String,
    /// As the caller wrote it: `30d`, `24h`, `1w`.
    pub(crate) expires_in: Option<String>,
    /// The same as a number; `None` for a key that does not expire.
    pub(crate) lifetime_ms: Option<i64>,
    pub(crate) created_by: String,
}

impl KeyDraft {
    /// A key that does not expire, made by the user.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), expires_in: None, lifetime_ms: None, created_by: USER.to_owned() }
    }

    /// The same key with an end; an error says what is wrong with this text.
    pub(crate) fn expiring(self, expires_in: Option<String>) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expires_in is a number of h, d or w, 10 years at most";
        let lifetime_ms = expires_in.as_deref().map(|text| lifetime_ms(text).ok_or(EXPECTED)).transpose()?;
        Ok(Self { expires_in, lifetime_ms, ..self })
    }
}

/// `30d`, `24h`, `1w`: positive, 10 years at most.
fn lifetime_ms(text: &str) -> Option<i64> {
    const HOUR_MS: i64 = 3_600_000;
    let unit_ms = match text.chars().last()? {
        'h' => HOUR_MS,
        'd' => 24 * HOUR_MS,
        'w' => 7 * 24 * HOUR_MS,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let number = digits.parse::<u32>().ok().filter(|_| !digits.starts_with('+'))?;
    let lifetime = i64::from(number) * unit_ms;
    (1..=3653 * 24 * HOUR_MS).contains(&lifetime).then_some(lifetime)
}
