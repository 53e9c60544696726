//! Just enough reading of Rust, Python and C to count lines of code and find functions.

/// A language whose sizes are watched.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Language {
    Rust,
    Python,
    C,
}

/// A function's first line, counted from 1, and how many lines of code are in its body.
#[derive(Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) line: usize,
    pub(crate) length: usize,
}

/// What begins at a place of the text and is not code.
struct Quoted {
    opening: usize,
    closing: String,
    /// A backslash hides the character after it.
    escapes: bool,
    /// What stands in the place of each character: a blank for a comment, a letter for a string.
    filling: char,
}

/// The text with comments blanked and strings filled with letters; lines stay lines.
///
/// Python's triple-quoted strings count as comments, since nearly all of them are docstrings.
pub(crate) fn bare(text: &str, language: Language) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = quoted(rest, bare.chars().next_back(), language) {
            let (inside, after) = rest.split_at(quoted.opening + length(&rest[quoted.opening..], &quoted));
            bare.extend(inside.chars().map(|char| if char == '\n' { char } else { quoted.filling }));
            rest = after;
        } else {
            bare.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    bare
}

/// How many lines of the bare text hold code.
pub(crate) fn code_lines(bare: &str) -> usize {
    bare.lines().filter(|line| !line.trim().is_empty()).count()
}

/// A Rust file's bare text without its inline test modules.
pub(crate) fn without_tests(bare: &str) -> String {
    let mut kept = String::with_capacity(bare.len());
    let mut rest = bare;
    while let Some(at) = rest.find("#[cfg(test)]\nmod ") {
        let Some((_, end)) = body(&rest[at..]) else { break };
        kept.push_str(&rest[..at]);
        rest = &rest[at + end..];
    }
    kept + rest
}

/// The functions of a bare text.
pub(crate) fn functions(bare: &str, language: Language) -> Vec<Function> {
    match language {
        Language::Rust => rust_functions(bare),
        Language::Python => python_functions(bare),
        Language::C => c_functions(bare),
    }
}

fn quoted(rest: &str, before: Option<char>, language: Language) -> Option<Quoted> {
    let quote = |opening, closing: &str, escapes, filling| {
        Some(Quoted { opening, closing: closing.to_owned(), escapes, filling })
    };
    match (language, rest.as_bytes()) {
        (Language::Python, [b'#', ..]) => quote(1, "\n", false, ' '),
        (Language::Python, [b'"', b'"', b'"', ..]) => quote(3, "\"\"\"", true, ' '),
        (Language::Python, [b'\'', b'\'', b'\'', ..]) => quote(3, "'''", true, ' '),
        (Language::Python | Language::C, [b'\'', ..]) => quote(1, "'", true, 's'),
        (_, [b'"', ..]) => quote(1, "\"", true, 's'),
        (Language::Python, _) => None,
        (_, [b'/', b'/', ..]) => quote(2, "\n", false, ' '),
        (_, [b'/', b'*', ..]) => quote(2, "*/", false, ' '),
        (Language::Rust, [b'\'', ..]) => char_literal(rest).then(|| quote(1, "'", true, 's'))?,
        (Language::Rust, _) if !before.is_some_and(is_word) => {
            let (opening, hashes) = raw_string(rest)?;
            quote(opening, &format!("\"{}", "#".repeat(hashes)), false, 's')
        }
        _ => None,
    }
}

/// Whether the quote opens a character and not a lifetime.
fn char_literal(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// How long the opening of a raw string is, and how many hashes it has.
fn raw_string(rest: &str) -> Option<(usize, usize)> {
    let prefix = ["br", "cr", "r"].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let hashes = rest[prefix.len()..].bytes().take_while(|byte| *byte == b'#').count();
    let opening = prefix.len() + hashes + 1;
    rest[..opening.min(rest.len())].ends_with('"').then_some((opening, hashes))
}

/// How many bytes after its opening belong to the quoted text, its closing included; a comment's newline is not part of it.
fn length(rest: &str, quoted: &Quoted) -> usize {
    let mut at = 0;
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with(&quoted.closing) {
            return at + if quoted.closing == "\n" { 0 } else { quoted.closing.len() };
        }
        let mut chars = here.chars();
        at += chars.next().map_or(1, char::len_utf8);
        if quoted.escapes && here.starts_with('\\') {
            at += chars.next().map_or(0, char::len_utf8);
        }
    }
    rest.len()
}

/// The bytes of the first brace and of the end of its partner; `None` when a semicolon outside of brackets comes first.
fn body(bare: &str) -> Option<(usize, usize)> {
    let (mut braces, mut brackets, mut start) = (0_usize, 0_usize, 0);
    for (at, char) in bare.char_indices() {
        match char {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => {
                if braces == 0 {
                    start = at;
                }
                braces += 1;
            }
            '}' if braces == 1 => return Some((start, at + 1)),
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The function whose bare text begins at `at` and whose body is between `start` and `end` from there.
fn function(bare: &str, at: usize, (start, end): (usize, usize)) -> Function {
    let line = bare[..at].matches('\n').count() + 1;
    Function { line, length: code_lines(bare[at + start + 1..at + end - 1].trim()) }
}

fn rust_functions(bare: &str) -> Vec<Function> {
    let starts = bare.match_indices("fn ").map(|(at, _)| at);
    let starts = starts.filter(|at| !bare[..*at].chars().next_back().is_some_and(is_word));
    starts.filter_map(|at| Some(function(bare, at, body(&bare[at..])?))).collect()
}

/// In C a function is a brace outside of all others that follows a closing bracket.
fn c_functions(bare: &str) -> Vec<Function> {
    let mut functions = Vec::new();
    let mut at = 0;
    while let Some(open) = bare[at..].find('{').map(|open| at + open) {
        let Some((start, end)) = body(&bare[open..]) else { break };
        if bare[..open].trim_end().ends_with(')') {
            functions.push(function(bare, open, (start, end)));
        }
        at = open + end;
    }
    functions
}

/// In Python a function ends before the next line of code that is indented no deeper than its `def`.
fn python_functions(bare: &str) -> Vec<Function> {
    let numbered = bare.lines().enumerate().map(|(at, line)| (at + 1, line));
    let (numbers, lines): (Vec<_>, Vec<_>) = numbered.filter(|(_, line)| !line.trim().is_empty()).unzip();
    let mut functions = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("def ") || trimmed.starts_with("async def ") {
            let body = lines.iter().skip(at + 1 + signature_tail(&lines[at..]));
            let length = body.take_while(|inner| indent(inner) > indent(line)).count();
            functions.push(Function { line: numbers[at], length });
        }
    }
    functions
}

/// How many lines after the first one belong to the signature.
fn signature_tail(lines: &[&str]) -> usize {
    let mut depth = 0_i32;
    lines
        .iter()
        .take_while(|line| {
            depth += line
                .chars()
                .map(|char| i32::from("([{".contains(char)) - i32::from(")]}".contains(char)))
                .sum::<i32>();
            depth > 0
        })
        .count()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(text: &str, language: Language) -> Vec<(usize, usize)> {
        functions(&bare(text, language), language)
            .iter()
            .map(|function| (function.line, function.length))
            .collect()
    }

    #[test]
    fn comments_are_no_code_and_strings_are() {
        let text = "// a\nlet a = \"{ // \\\"\n{\"; /* { */\n\nlet b = r#\"\"{\"#; let c = '{'; let d: &'static str;\n";
        let bare = bare(text, Language::Rust);
        assert_eq!(code_lines(&bare), 3);
        assert!(!bare.contains('{'), "{bare}");
        assert_eq!(bare.lines().count(), text.lines().count());
    }

    #[test]
    fn rust_functions_are_measured_by_their_bodies() {
        let text = "fn one() { 1 }\ntrait T {\n    fn none(a: [u8; 2]);\n    fn two(\n        a: fn(u8),\n    ) {\n        a;\n\n        // b\n        b;\n    }\n}\n";
        assert_eq!(sizes(text, Language::Rust), [(1, 1), (4, 2)]);
    }

    #[test]
    fn inline_tests_do_not_count() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let kept = without_tests(&bare(text, Language::Rust));
        assert_eq!(code_lines(&kept), 2);
    }

    #[test]
    fn python_functions_end_where_the_indentation_does() {
        let text = "def a(\n    b: int,\n) -> None:\n    \"\"\"Doc.\n\n    More.\n    \"\"\"\n    c = '('\n    return c\n\nclass D:\n    async def e(self): ...\n    def f(self):\n        # no\n        pass\n";
        assert_eq!(sizes(text, Language::Python), [(1, 2), (12, 0), (13, 1)]);
    }

    #[test]
    fn c_functions_are_outermost_bodies_after_a_bracket() {
        let text = "struct s { int a; };\nint main(void)\n{\n  char c = '{';\n  if (c) {\n    return 1;\n  }\n  return 0;\n}\n";
        assert_eq!(sizes(text, Language::C), [(3, 5)]);
    }
}
