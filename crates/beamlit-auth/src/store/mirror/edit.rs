//! Changes to the platform's file as changes to its text: what is not ours stays as it is, byte for byte.

use std::ops::Range;

use saphyr_parser::ScalarStyle;
use zeroize::Zeroizing;

use crate::store::mirror::document::{Broken, Content, Document, Node};
use crate::store::mirror::entry::{Contents, MEMBERS};
use crate::store::mirror::written::{Put, credentials_lines, entry_lines, indented, member_lines, quoted};

/// What is to be done to a file.
pub(super) enum Change<'a> {
    /// This workspace's entry holds these members, and no other credential.
    Put(Put<'a>),
    /// The workspace has no entry, and is not the current one.
    Remove(&'a str),
}

/// Why a text cannot be changed.
pub(super) enum Unfit {
    /// It is no YAML from this line on.
    Broken(usize),
    /// It is written in a form that is not changed here.
    Form(&'static str),
}

impl From<Broken> for Unfit {
    fn from(Broken(line): Broken) -> Self {
        Self::Broken(line)
    }
}

/// The text with the change in it.
///
/// # Errors
/// For a text that is no YAML, or written in brackets where it would have to grow.
pub(super) fn edited(text: &str, change: &Change<'_>) -> Result<Zeroizing<String>, Unfit> {
    let document = Document::parse(text)?;
    if document.has_aliases {
        return Err(Unfit::Form("parts of it are used twice (*)"));
    }
    if text.starts_with('\u{feff}') {
        return Err(Unfit::Form("it begins with a byte order mark"));
    }
    let mut edit = Edit { text, patches: Vec::new() };
    match (&document.root, change) {
        (None, Change::Put(put)) => edit.begin(put),
        (None, Change::Remove(_)) => {}
        (Some(root), _) if !root.is_block() || root.members().is_empty() => {
            return Err(Unfit::Form("it is no block of members"));
        }
        (Some(root), Change::Put(put)) => edit.put(root, put)?,
        (Some(root), Change::Remove(name)) => edit.remove(root, name)?,
    }
    let changed = edit.finish();
    check(text, &changed, change)?;
    Ok(changed)
}

/// What was asked for is in the file now, and what its other entries say is as before: a mistake in the places of a text
/// that nobody has thought of must cost no login.
fn check(text: &str, changed: &str, change: &Change<'_>) -> Result<(), Unfit> {
    let (before, after) = (Contents::read(text)?, Contents::read(changed)?);
    let name = match change {
        Change::Put(put) => put.name,
        Change::Remove(name) => name,
    };
    let others = |contents: &Contents| {
        let others = contents.entries.iter().filter(|entry| entry.name != name);
        others.map(|entry| (entry.name.clone(), entry.env.clone(), entry.digests.clone())).collect::<Vec<_>>()
    };
    let is_there = after.entry(name).is_some();
    if others(&before) == others(&after) && is_there == matches!(change, Change::Put(_)) {
        return Ok(());
    }
    Err(Unfit::Form("the change would reach further than it should"))
}

/// A text, and what is to be put into the place of its parts.
struct Edit<'a> {
    text: &'a str,
    patches: Vec<(Range<usize>, Zeroizing<String>)>,
}

impl Edit<'_> {
    /// Writes a file that has nothing in it yet but comments.
    fn begin(&mut self, put: &Put<'_>) {
        let context = if put.current {
            format!("context:\n  workspace: {}\n", quoted(put.name))
        } else {
            String::new()
        };
        let text = format!("{context}workspaces:\n{}", entry_lines("  ", put).as_str());
        self.insert(self.text.len(), &text);
    }

    fn put(&mut self, root: &Node, put: &Put<'_>) -> Result<(), Unfit> {
        if put.current {
            self.set_context(root, put.name)?;
        }
        match root.member("workspaces") {
            None => {
                let lines = format!("workspaces:\n{}", entry_lines("  ", put).as_str());
                self.insert(root.end(), &indented(&lines, &self.indent_of(root)));
            }
            Some((key, list)) if list.items().is_empty() => {
                let indent = self.indent_of(root);
                self.fill(key, list, &indented(&entry_lines("  ", put), &indent))?;
            }
            Some((_, list)) if !list.is_block() => return Err(Unfit::Form("its workspaces are in brackets")),
            Some((_, list)) => {
                let found = list.items().iter().find(|item| name_of(item) == Some(put.name));
                match (found, list.items().last()) {
                    (Some(entry), _) => self.put_members(entry, put)?,
                    (None, Some(item)) => {
                        let dash = self.dash(item)?;
                        let indent = self.text[self.line_start(dash)..dash].to_owned();
                        self.insert(list.end(), &entry_lines(&indent, put));
                    }
                    (None, None) => {}
                }
            }
        }
        Ok(())
    }

    /// Makes a workspace the current one, in the form that the file has for that.
    fn set_context(&mut self, root: &Node, name: &str) -> Result<(), Unfit> {
        let former = root.member("current_context");
        if let Some((key, value)) = former {
            self.replace(key, value, &quoted(name))?;
        }
        match root.member("context") {
            None if former.is_some() => {}
            None => {
                let lines = format!("context:\n  workspace: {}\n", quoted(name));
                let lines = indented(&lines, &self.indent_of(root));
                self.insert(self.line_start(root.span.start), &lines);
            }
            Some((key, context)) if context.members().is_empty() => {
                let line = format!("  workspace: {}\n", quoted(name));
                self.fill(key, context, &indented(&line, &self.indent_of(root)))?;
            }
            Some((_, context)) => match context.member("workspace") {
                Some((_, value)) if value.text() == Some(name) => {}
                Some((key, value)) => self.replace(key, value, &quoted(name))?,
                None if !context.is_block() => return Err(Unfit::Form("its context is in brackets")),
                None => {
                    let line = format!("{}workspace: {}\n", self.indent_of(context), quoted(name));
                    self.insert(context.end(), &line);
                }
            },
        }
        Ok(())
    }

    /// Gives an entry that is there the members of `put`, and takes every other credential from it.
    fn put_members(&mut self, entry: &Node, put: &Put<'_>) -> Result<(), Unfit> {
        if !entry.is_block() {
            return Err(Unfit::Form("the workspace's entry is in brackets"));
        }
        let indent = self.indent_of(entry);
        let Some((key, credentials)) = entry.member("credentials") else {
            self.insert(entry.end(), &indented(&credentials_lines("", put), &indent));
            return Ok(());
        };
        if credentials.members().is_empty() {
            return self.fill(key, credentials, &indented(&member_lines("  ", put.members.iter()), &indent));
        }
        if !credentials.is_block() {
            return Err(Unfit::Form("the workspace's credentials are in brackets"));
        }
        for (key, value) in credentials.members() {
            let Some(name) = key.text().filter(|name| MEMBERS.contains(name)) else { continue };
            match put.members.iter().find(|(member, _)| *member == name) {
                Some((_, wanted)) if wanted.is(value) => {}
                Some((_, wanted)) => self.replace(key, value, &wanted.written())?,
                None => {
                    let end = value.end().max(key.span.end);
                    self.delete(self.line_start(key.span.start)..self.line_end(end));
                }
            }
        }
        let missing = put.members.iter().filter(|(member, _)| credentials.get(member).is_none());
        let lines = member_lines(&self.indent_of(credentials), missing);
        if !lines.is_empty() {
            self.insert(credentials.end(), &lines);
        }
        Ok(())
    }

    /// Takes a workspace's entries out of the list, and its name out of the context.
    fn remove(&mut self, root: &Node, name: &str) -> Result<(), Unfit> {
        let context = root.get("context").and_then(|context| context.member("workspace"));
        for (key, value) in context.into_iter().chain(root.member("current_context")) {
            if value.text() == Some(name) {
                self.replace(key, value, "\"\"")?;
            }
        }
        let Some((key, list)) = root.member("workspaces") else { return Ok(()) };
        let is_ours = |item: &&Node| name_of(item) == Some(name);
        let ours = list.items().iter().filter(is_ours).count();
        if ours == 0 {
            return Ok(());
        }
        if !list.is_block() {
            return Err(Unfit::Form("its workspaces are in brackets"));
        }
        for item in list.items().iter().filter(is_ours) {
            let dash = self.dash(item)?;
            self.delete(self.line_start(dash)..self.line_end(item.end()));
        }
        if ours == list.items().len() {
            // Some of the platform's tools cannot read a list that is left out.
            let colon = self.after_colon(key)?;
            self.patches.push((colon..colon, Zeroizing::new(" []".to_owned())));
        }
        Ok(())
    }

    /// Puts lines into the place of a value that is left out, or of empty brackets.
    fn fill(&mut self, key: &Node, value: &Node, lines: &str) -> Result<(), Unfit> {
        let colon = self.after_colon(key)?;
        match value.content {
            Content::Mapping(_) | Content::Sequence(_) => {
                let blanks = self.text[colon..value.span.start].trim_matches([' ', '\t']).is_empty();
                self.delete(if blanks { colon..value.span.end } else { value.span.clone() });
            }
            Content::Scalar { style: ScalarStyle::Plain, .. } if is_null(value) => {
                self.delete(value.span.clone());
            }
            Content::Scalar { .. } | Content::Alias => {
                return Err(Unfit::Form("a list or a block is a text in it"));
            }
        }
        self.insert(colon.max(value.span.end), lines);
        Ok(())
    }

    /// Puts a scalar into the place of another, or of one that is left out.
    fn replace(&mut self, key: &Node, value: &Node, written: &str) -> Result<(), Unfit> {
        let Content::Scalar { style, .. } = value.content else {
            return Err(Unfit::Form("a text is a list or a block in it"));
        };
        let (place, written) = match style {
            // Its mark stands before it, and the end of its last line is a part of it.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let end = value.span.start + self.text[value.span.clone()].trim_end().len();
                (self.after_colon(key)?..end, format!(" {written}"))
            }
            _ if value.is_empty() => {
                let colon = self.after_colon(key)?;
                (colon..colon, format!(" {written}"))
            }
            _ => (value.span.clone(), written.to_owned()),
        };
        self.patches.push((place, Zeroizing::new(written)));
        Ok(())
    }

    /// Puts lines behind the line that has the byte before `place` in it; at the start of a line, before that.
    fn insert(&mut self, place: usize, lines: &str) {
        let end = self.line_end(place);
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let begun = !self.text[..end].is_empty() && !self.text[..end].ends_with('\n');
        let lines = if begun { format!("\n{lines}") } else { lines.to_owned() };
        self.patches.push((end..end, Zeroizing::new(lines.replace('\n', newline))));
    }

    fn delete(&mut self, place: Range<usize>) {
        self.patches.push((place, Zeroizing::new(String::new())));
    }

    /// The whole text, patched from its end on. Of two patches at one place the earlier one comes first.
    fn finish(mut self) -> Zeroizing<String> {
        self.patches.sort_by_key(|(place, _)| (place.start, place.end));
        let (mut text, mut from) = (Zeroizing::new(String::with_capacity(self.text.len() + 8192)), 0);
        for (place, written) in &self.patches {
            text.push_str(&self.text[from.min(place.start)..place.start]);
            text.push_str(written);
            from = from.max(place.end);
        }
        text.push_str(&self.text[from..]);
        text
    }

    /// What stands before the first part of a block, as blanks.
    fn indent_of(&self, block: &Node) -> String {
        let start = block.span.start;
        self.text[self.line_start(start)..start].chars().map(|_| ' ').collect()
    }

    fn line_start(&self, place: usize) -> usize {
        self.text[..place].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Behind the line that has the byte before `place` in it.
    fn line_end(&self, place: usize) -> usize {
        if place == 0 || self.text[..place].ends_with('\n') {
            return place;
        }
        self.text[place..].find('\n').map_or(self.text.len(), |newline| place + newline + 1)
    }

    fn after_colon(&self, key: &Node) -> Result<usize, Unfit> {
        let rest = &self.text[key.span.end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if rest[blanks..].starts_with(':') {
            return Ok(key.span.end + blanks + 1);
        }
        Err(Unfit::Form("a member of it has no colon of its own"))
    }

    /// Where the dash of a list's item is.
    fn dash(&self, item: &Node) -> Result<usize, Unfit> {
        let before = self.text[..item.span.start].trim_end();
        let dash = before.len().saturating_sub(1);
        let alone = before.ends_with('-') && self.text[self.line_start(dash)..dash].trim().is_empty();
        if alone { Ok(dash) } else { Err(Unfit::Form("an entry of it has no line of its own")) }
    }
}

/// Whether a plain scalar stands for a list or a block that has nothing in it.
fn is_null(value: &Node) -> bool {
    value.text().is_none_or(|text| text.is_empty() || text.eq_ignore_ascii_case("null"))
}

fn name_of(item: &Node) -> Option<&str> {
    item.get("name").and_then(Node::text)
}
