//! The one sanitiser that text from outside passes before a terminal, a log or a page sees it.

/// `text` with everything that could move a cursor, hide a character or start a new line replaced by `?`, cut at
/// `limit` characters (the cut is marked by `…`).
///
/// Replaced are C0, DEL, C1 (so ESC, CSI and OSC in either form), the bidirectional controls, zero-width and
/// line-separating characters.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut out: String = text.chars().take(limit).map(|c| if is_hostile(c) { '?' } else { c }).collect();
    if text.chars().nth(limit).is_some() {
        out.push('…');
    }
    out
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{061C}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn escape_sequences_and_bidi_controls_are_replaced() {
        assert_eq!(printable("a\x1b[2Jb\u{9b}c\u{202e}d\r\ne\u{7f}\0", 64), "a?[2Jb?c?d??e??");
    }

    #[test]
    fn long_text_is_cut_at_characters_and_marked() {
        assert_eq!(printable("ééééé", 3), "ééé…");
        assert_eq!(printable("abc", 3), "abc");
    }
}
