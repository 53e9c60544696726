//! Files of at most 300 lines of code, functions of at most 60, better 25.
//!
//! Tests, generated files and the C++ header are exempt. A file above the limit has a line in `sizes.allow`, which can
//! only shrink: a number there that is not the file's own fails. Clippy holds the limit of Rust's functions, because it
//! lets a function give its reason.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::run::about;
use crate::source::{self, Language};
use crate::workspace::Workspace;

const FILE_LINES: usize = 300;
const FILE_LINES_EVER: usize = 400;
const FUNCTION_LINES: usize = 60;
const FUNCTION_LINES_WISHED: usize = 25;

/// Where code is that is not a test.
const FOLDERS: [&str; 4] = ["crates", "bindings", "python", "examples"];
const ALLOWED: &str = include_str!("../sizes.allow");

/// Fails with every file and function that is too long, and names the functions that are nearly so.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let mut report = Report::default();
    for folder in FOLDERS {
        walk(&workspace.root.join(folder), &mut |path| report.file(&workspace.root, path))?;
    }
    report.end()
}

#[derive(Default)]
struct Report {
    too_long: Vec<String>,
    long: Vec<String>,
    allowed_seen: usize,
}

impl Report {
    fn file(&mut self, root: &Path, path: &Path) -> Outcome {
        let Some(language) = language(path) else { return Ok(()) };
        let text = fs::read_to_string(path).map_err(|error| about(path, &error))?;
        let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let bare = source::bare(&text, language);
        let code = if language == Language::Rust { source::without_tests(&bare) } else { bare.clone() };
        self.file_lines(&name, source::code_lines(&code));
        for function in source::functions(&bare, language) {
            let entry = format!("{name}:{}: {} lines in one function", function.line, function.length);
            match function.length {
                length if length > FUNCTION_LINES && language != Language::Rust => self.too_long.push(entry),
                length if length > FUNCTION_LINES_WISHED => self.long.push(entry),
                _ => {}
            }
        }
        Ok(())
    }

    fn file_lines(&mut self, name: &str, lines: usize) {
        let allowed = allowed().find(|(allowed, _)| *allowed == name).map(|(_, lines)| lines);
        self.allowed_seen += usize::from(allowed.is_some());
        self.too_long.extend(verdict(lines, allowed).map(|verdict| format!("{name}: {verdict}")));
    }

    fn end(mut self) -> Outcome {
        if self.allowed_seen != allowed().count() {
            self.too_long.push("sizes.allow names a file that is not there".to_owned());
        }
        for entry in &self.long {
            println!("    longer than {FUNCTION_LINES_WISHED}: {entry}");
        }
        if self.too_long.is_empty() { Ok(()) } else { Err(self.too_long.join("\n")) }
    }
}

/// What is wrong with a file of that many lines of code.
fn verdict(lines: usize, allowed: Option<usize>) -> Option<String> {
    match allowed {
        _ if lines > FILE_LINES_EVER => Some(format!("{lines} lines of code, more than {FILE_LINES_EVER}")),
        None if lines > FILE_LINES => Some(format!("{lines} lines of code, more than {FILE_LINES}")),
        Some(_) if lines <= FILE_LINES => Some("short enough now; take it out of sizes.allow".to_owned()),
        Some(allowed) if allowed != lines => {
            Some(format!("{lines} lines of code, not the {allowed} of sizes.allow"))
        }
        _ => None,
    }
}

/// The files that may be longer than the limit, each with its exact length.
fn allowed() -> impl Iterator<Item = (&'static str, usize)> {
    let lines = ALLOWED.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, lines)| (name, lines.trim().parse().unwrap_or(0)))
}

fn language(path: &Path) -> Option<Language> {
    match path.extension()?.to_str()? {
        "rs" => Some(Language::Rust),
        "py" => Some(Language::Python),
        "c" => Some(Language::C),
        _ => None,
    }
}

/// Visits the files below a folder in the order of their names, but no tests.
fn walk(folder: &Path, visit: &mut dyn FnMut(&Path) -> Outcome) -> Outcome {
    if !folder.exists() {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|error| about(folder, &error))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default();
        if name == "tests" || name == "target" || name == "__pycache__" {
            continue;
        }
        if path.is_dir() { walk(&path, visit)? } else { visit(&path)? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn a_long_file_is_named_and_its_allowance_only_shrinks() {
        let fails = |lines, allowed| verdict(lines, allowed).is_some();
        assert!(!fails(300, None) && fails(301, None));
        assert!(!fails(350, Some(350)) && fails(351, Some(350)) && fails(349, Some(350)));
        assert!(fails(300, Some(350)) && fails(401, Some(401)));
    }
}
