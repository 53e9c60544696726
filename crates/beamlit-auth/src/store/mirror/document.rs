//! A YAML text as a tree whose parts know their bytes, so that one of them can be replaced and all others stay.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use zeroize::Zeroizing;

/// How deep a file may be nested; the platform's own nests three deep.
const DEPTH: usize = 32;
/// A byte order mark, which is no part of what it precedes.
const MARK: char = '\u{feff}';

/// One document.
pub(super) struct Document {
    /// `None` for a text of blanks and comments.
    pub(super) root: Option<Node>,
    /// Whether a part of it is another's double: to change one would change the other.
    pub(super) has_aliases: bool,
}

/// A value, and where it is.
pub(super) struct Node {
    /// In bytes. Empty for a value that is left out; of a block, where its first part begins.
    pub(super) span: Range<usize>,
    pub(super) content: Content,
}

/// What a value is.
pub(super) enum Content {
    /// Every scalar is read as the text that it is, whatever type others would see in it.
    Scalar {
        text: Zeroizing<String>,
        style: ScalarStyle,
    },
    Mapping(Vec<(Node, Node)>),
    Sequence(Vec<Node>),
    Alias,
}

/// Why a text is none that can be worked with: the line, counted from 1.
pub(super) struct Broken(pub(super) usize);

impl Document {
    /// Reads `text`.
    ///
    /// # Errors
    /// For what is no YAML, for more than one document, and for a member that is there twice, which the platform's own
    /// tools take for no YAML either.
    pub(super) fn parse(text: &str) -> Result<Self, Broken> {
        refuse_directives(text)?;
        let skipped = if text.starts_with(MARK) { MARK.len_utf8() } else { 0 };
        let places = Places::new(&text[skipped..], skipped);
        let mut document = Self { root: None, has_aliases: false };
        let mut open: Vec<Open> = Vec::new();
        let mut documents = 0;
        for event in Parser::new_from_iter(text[skipped..].chars()) {
            let (event, span) = event.map_err(|error| Broken(error.marker().line()))?;
            let broken = || Broken(span.start.line());
            let node = match event {
                Event::MappingStart(..) | Event::SequenceStart(..) if open.len() == DEPTH => {
                    return Err(broken());
                }
                Event::MappingStart(..) => {
                    open.push(Open {
                        span: places.range(span),
                        content: Content::Mapping(Vec::new()),
                        key: None,
                    });
                    continue;
                }
                Event::SequenceStart(..) => {
                    open.push(Open {
                        span: places.range(span),
                        content: Content::Sequence(Vec::new()),
                        key: None,
                    });
                    continue;
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop().ok_or_else(broken)?.close(places.at(span.end.index()))
                }
                Event::Scalar(value, style, ..) => {
                    let span = places.range(span);
                    scalar(&value, style, without_comment(text, style, span))
                }
                Event::Alias(_) => {
                    document.has_aliases = true;
                    Node { span: places.range(span), content: Content::Alias }
                }
                Event::DocumentStart(_) => {
                    documents += 1;
                    continue;
                }
                _ => continue,
            };
            match open.last_mut() {
                Some(parent) => parent.take(node).ok_or_else(broken)?,
                None if documents > 1 => return Err(broken()),
                None => document.root = Some(node),
            }
        }
        document.root = document.root.filter(|root| !root.is_empty());
        Ok(document)
    }
}

impl Node {
    /// The value of a member.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.member(key).map(|(_, value)| value)
    }

    /// A member: its key and its value.
    pub(super) fn member(&self, key: &str) -> Option<&(Self, Self)> {
        self.members().iter().find(|(own, _)| own.text() == Some(key))
    }

    /// The members of a mapping; none of anything else.
    pub(super) fn members(&self) -> &[(Self, Self)] {
        if let Content::Mapping(members) = &self.content { members } else { &[] }
    }

    /// The items of a sequence; none of anything else.
    pub(super) fn items(&self) -> &[Self] {
        if let Content::Sequence(items) = &self.content { items } else { &[] }
    }

    /// The text of a scalar that says something; `~` and what is left out say nothing.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { style: ScalarStyle::Plain, text } if text.as_str() == "~" => None,
            Content::Scalar { text, .. } if !self.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Whether the value is left out.
    pub(super) fn is_empty(&self) -> bool {
        self.span.is_empty() && matches!(self.content, Content::Scalar { .. })
    }

    /// Where the last byte of it was, which of a block is that of its last part.
    pub(super) fn end(&self) -> usize {
        let last = match &self.content {
            Content::Mapping(members) => members.last().map(|(key, value)| value.end().max(key.span.end)),
            Content::Sequence(items) => items.last().map(Self::end),
            Content::Scalar { .. } | Content::Alias => None,
        };
        match last {
            Some(last) if self.is_block() => last,
            _ => self.span.end,
        }
    }

    /// Whether it is a collection that is written by indentation, without brackets.
    pub(super) fn is_block(&self) -> bool {
        matches!(self.content, Content::Mapping(_) | Content::Sequence(_)) && self.span.is_empty()
    }
}

/// The parser ends a text at its first NUL, and never ends with one that breaks off in a directive (`%YAML`). Neither is
/// in a file of the platform's.
fn refuse_directives(text: &str) -> Result<(), Broken> {
    let is_odd = |line: &str| {
        line.contains('\0') || line.split('\r').any(|part| part.trim_start_matches(MARK).starts_with('%'))
    };
    text.split('\n').position(is_odd).map_or(Ok(()), |line| Err(Broken(line + 1)))
}

/// A collection whose end is still to come.
struct Open {
    /// Its opening bracket, or nothing where a block begins.
    span: Range<usize>,
    content: Content,
    key: Option<Node>,
}

impl Open {
    /// Takes the next part; `None` for a key that is there already.
    fn take(&mut self, node: Node) -> Option<()> {
        match (&mut self.content, self.key.take()) {
            (Content::Mapping(members), Some(key)) => members.push((key, node)),
            (Content::Mapping(members), None) => {
                let twice =
                    node.text().is_some_and(|text| members.iter().any(|(key, _)| key.text() == Some(text)));
                if twice {
                    return None;
                }
                self.key = Some(node);
            }
            (Content::Sequence(items), _) => items.push(node),
            (Content::Scalar { .. } | Content::Alias, _) => return None,
        }
        Some(())
    }

    fn close(self, end: usize) -> Node {
        let end = if self.span.is_empty() { self.span.start } else { end };
        Node { span: self.span.start..end, content: self.content }
    }
}

fn scalar(value: &str, style: ScalarStyle, span: Range<usize>) -> Node {
    Node { span, content: Content::Scalar { text: Zeroizing::new(value.to_owned()), style } }
}

/// The parser counts what follows a quoted scalar on its line as a part of it.
fn without_comment(text: &str, style: ScalarStyle, span: Range<usize>) -> Range<usize> {
    let quote = match style {
        ScalarStyle::SingleQuoted => b'\'',
        ScalarStyle::DoubleQuoted => b'"',
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => return span,
    };
    let bytes = text.as_bytes().get(span.clone()).unwrap_or_default();
    let mut at = 1;
    while at < bytes.len() {
        let is_doubled = quote == b'\'' && bytes[at] == quote && bytes.get(at + 1) == Some(&quote);
        if is_doubled || (quote == b'"' && bytes[at] == b'\\') {
            at += 2;
        } else if bytes[at] == quote {
            return span.start..span.start + at + 1;
        } else {
            at += 1;
        }
    }
    span
}

/// The parser counts characters, a text is cut by bytes.
struct Places(Vec<usize>);

impl Places {
    fn new(text: &str, skipped: usize) -> Self {
        let starts = text.char_indices().map(|(place, _)| place).chain([text.len()]);
        Self(starts.map(|place| place + skipped).collect())
    }

    fn at(&self, character: usize) -> usize {
        self.0.get(character).or(self.0.last()).copied().unwrap_or_default()
    }

    fn range(&self, span: Span) -> Range<usize> {
        self.at(span.start.index())..self.at(span.end.index())
    }
}
