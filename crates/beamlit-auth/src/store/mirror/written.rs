//! What is written into the platform's file, as lines: what its tools write, in quotes.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use saphyr_parser::ScalarStyle;
use zeroize::Zeroizing;

use crate::record::Record;
use crate::secret::Secret;
use crate::store::mirror::document::{Content, Node};

/// An entry that is to be there.
pub(super) struct Put<'a> {
    pub(super) name: &'a str,
    /// Written into a new entry, if it is not empty.
    pub(super) env: &'a str,
    pub(super) members: &'a [(&'static str, Value)],
    /// Whether the workspace becomes the current one.
    pub(super) current: bool,
}

/// The value of a member.
pub(super) enum Value {
    /// Written in quotes, because others read a type into what has none.
    Text(Zeroizing<String>),
    Number(u64),
}

impl Value {
    pub(super) fn written(&self) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Text(text) => quoted(text),
            Self::Number(number) => number.to_string(),
        })
    }

    /// Whether `node` says this already, in a form that every tool reads so.
    pub(super) fn is(&self, node: &Node) -> bool {
        match (self, &node.content) {
            (Self::Text(own), _) => node.text() == Some(own),
            (Self::Number(own), Content::Scalar { text, style }) => {
                *style == ScalarStyle::Plain && **text == own.to_string()
            }
            (Self::Number(_), _) => false,
        }
    }
}

/// What the platform's tools write of a login, under the names that they write.
pub(super) fn members(record: &Record) -> Vec<(&'static str, Value)> {
    let text = |secret: &Secret| Value::Text(Zeroizing::new(secret.reveal().to_owned()));
    if let Some(secret) = &record.secret {
        return vec![if record.kind == "api_key" {
            ("apiKey", text(secret))
        } else {
            ("client_credentials", Value::Text(pair(record.client_id.as_deref().unwrap_or_default(), secret)))
        }];
    }
    let mut members = Vec::with_capacity(4);
    members.extend(record.access_token.as_ref().map(|token| ("access_token", text(token))));
    members.extend(record.refresh_token.as_ref().map(|token| ("refresh_token", text(token))));
    members.push(("expires_in", Value::Number(record.lifetime_ms / 1000)));
    members.extend(record.device_code.as_ref().map(|code| ("device_code", text(code))));
    members
}

/// A client's identifier and secret as the platform hands them out.
fn pair(client_id: &str, client_secret: &Secret) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!("{client_id}:{}", client_secret.reveal()));
    Zeroizing::new(STANDARD.encode(pair.as_bytes()))
}

/// A new entry.
pub(super) fn entry_lines(indent: &str, put: &Put<'_>) -> Zeroizing<String> {
    let mut lines = Zeroizing::new(format!("{indent}- name: {}\n", quoted(put.name)));
    if !put.env.is_empty() {
        let _ = writeln!(lines, "{indent}  env: {}", quoted(put.env));
    }
    lines.push_str(&credentials_lines(&format!("{indent}  "), put));
    lines
}

/// An entry's member `credentials`.
pub(super) fn credentials_lines(indent: &str, put: &Put<'_>) -> Zeroizing<String> {
    let lines = member_lines(&format!("{indent}  "), put.members.iter());
    Zeroizing::new(format!("{indent}credentials:\n{}", lines.as_str()))
}

/// The members of `credentials`.
pub(super) fn member_lines<'a>(
    indent: &str,
    members: impl Iterator<Item = &'a (&'static str, Value)>,
) -> Zeroizing<String> {
    let mut lines = Zeroizing::new(String::new());
    for (key, value) in members {
        let _ = writeln!(lines, "{indent}{key}: {}", value.written().as_str());
    }
    lines
}

pub(super) fn indented(lines: &str, indent: &str) -> Zeroizing<String> {
    let mut all = Zeroizing::new(String::new());
    for line in lines.lines() {
        let _ = writeln!(all, "{indent}{line}");
    }
    all
}

/// A text in double quotes; what JSON escapes, YAML reads the same.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
