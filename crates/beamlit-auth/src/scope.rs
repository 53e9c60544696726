//! Scope, RFC 6749 §3.3: a set of words.

use crate::error::{Error, ErrorKind, Result};

/// Checks `text` against RFC 6749 §3.3 and gives it with single blanks between its words.
///
/// # Errors
/// `InvalidArgument` if a word holds a character that the RFC does not allow.
pub(crate) fn normalise(text: &str) -> Result<String> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if words.iter().all(|word| word.bytes().all(is_scope_byte)) {
        return Ok(words.join(" "));
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        "scope holds a character that RFC 6749 §3.3 does not allow; use words of visible ASCII, separated by blanks",
    ))
}

/// `NQCHAR` of RFC 6749 App. A: visible ASCII without `"` and `\`.
fn is_scope_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn rfc6749_3_3_words_are_joined_by_single_blanks() {
        assert_eq!(normalise(" models:list  admin ").unwrap(), "models:list admin");
        assert_eq!(normalise("").unwrap(), "");
    }

    #[test]
    fn rfc6749_3_3_other_characters_are_refused() {
        for bad in ["a\"b", "a\\b", "é", "a\tb", "a\nb"] {
            assert!(normalise(bad).is_err(), "{bad:?}");
        }
    }
}
