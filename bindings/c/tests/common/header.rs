//! The committed header, read as text: its functions and their parameters.

use super::root;

/// A function as the header declares it.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// What it answers, such as `const char *`.
    pub(crate) answer: String,
    pub(crate) parameters: Vec<Parameter>,
}

/// A parameter of a [`Function`].
pub(crate) struct Parameter {
    /// Its type, such as `beamlit_error **`; that of a function pointer is the whole declaration.
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl Parameter {
    /// Whether it can be NULL.
    pub(crate) fn is_pointer(&self) -> bool {
        // A function is one too, by the name of its type.
        self.kind.contains('*') || self.kind.trim_end().ends_with("_fn")
    }

    /// Whether it is a text.
    pub(crate) fn is_text(&self) -> bool {
        self.kind == "const char *"
    }
}

/// The committed header.
pub(crate) fn text() -> String {
    std::fs::read_to_string(root().join("include/beamlit_auth.h")).unwrap()
}

/// Whatever stands between two comments, each with the comment before it; empty where there is none.
pub(crate) fn items(header: &str) -> Vec<(String, String)> {
    let mut items = Vec::new();
    let mut comment = String::new();
    // The prose at the top is of no item.
    let mut rest = &header[header.find("#include").unwrap()..];
    while let Some(start) = rest.find("/**") {
        let length = rest[start..].find("*/").unwrap() + 2;
        items.push((std::mem::take(&mut comment), rest[..start].trim().to_owned()));
        rest[start..start + length].clone_into(&mut comment);
        rest = &rest[start + length..];
    }
    items.push((comment, rest.trim().to_owned()));
    items
}

/// All functions, in the order of the header.
pub(crate) fn functions(header: &str) -> Vec<Function> {
    items(header).iter().flat_map(|(_, code)| code.split_inclusive(';')).filter_map(function).collect()
}

fn function(statement: &str) -> Option<Function> {
    // Whatever comes before the last line that is a preprocessor's belongs to something else.
    let code = statement.lines().filter(|line| !line.starts_with(['#', '}'])).collect::<Vec<_>>().join(" ");
    let declaration = code.trim().strip_prefix("extern \"C\" {").unwrap_or(code.trim()).strip_suffix(");")?;
    if declaration.starts_with("typedef") {
        return None;
    }
    let (head, parameters) = declaration.split_once('(')?;
    let (answer, name) = split_name(head);
    let parameters = if parameters == "void" { vec![] } else { split(parameters) };
    let parameters = parameters.iter().map(|text| parameter(text)).collect();
    Some(Function { name, answer, parameters })
}

/// Splits at the commas that are in no parentheses.
fn split(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for letter in list.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(letter);
    }
    parts
}

fn parameter(text: &str) -> Parameter {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((_, rest)) = text.split_once("(*") {
        return Parameter { name: rest.split(')').next().unwrap().to_owned(), kind: text };
    }
    let (kind, name) = split_name(&text);
    Parameter { kind, name }
}

/// Splits `const char *name` before the name.
fn split_name(text: &str) -> (String, String) {
    let start = text.rfind([' ', '*']).map_or(0, |at| at + 1);
    (text[..start].trim().to_owned(), text[start..].to_owned())
}
