//! Which workspace a login is for, where the account has several and none was named.

use std::fmt::Write as _;

use beamlit_auth::{Error, ErrorKind, Login, Result, Session};

use crate::commands::login::ATTEMPTS;
use crate::interrupt::{Wanted, interrupted_and};
use crate::output::{self, Output};
use crate::terminal;

const QUESTION: &str = "Which one? Number or name: ";

/// Finishes `login` for the workspace that the person chooses. `error` is what it ended with, and ends with still if
/// there is no choice, or nobody to make it.
pub(super) fn choose(login: &Login, error: Error, output: Output, wanted: Wanted<'_>) -> Result<Session> {
    let names = login.workspaces();
    if names.is_empty() || output.json || !terminal::is_there() {
        return Err(error);
    }
    output::note(&list(&names));
    for _ in 0..ATTEMPTS {
        let Some(answer) = terminal::ask(QUESTION, wanted).map_err(explained)? else { break };
        if let Some(name) = chosen(&names, answer.trim()) {
            return login.choose(name);
        }
    }
    Err(error)
}

fn list(names: &[String]) -> String {
    let mut text = "\nApproved. This account has several workspaces:".to_owned();
    for (index, name) in names.iter().enumerate() {
        let _ = write!(text, "\n{:>3}  {name}", index + 1);
    }
    text
}

/// The workspace of that number, or else of that name.
fn chosen<'a>(names: &'a [String], answer: &str) -> Option<&'a str> {
    let at = answer.parse::<usize>().ok().and_then(|number| names.get(number.checked_sub(1)?));
    at.or_else(|| names.iter().find(|name| *name == answer)).map(String::as_str)
}

/// Whoever gives up after the approval may think that it was enough.
fn explained(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Cancelled => interrupted_and("nothing was stored, although the login was approved"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn a_number_is_that_of_the_list_and_anything_else_is_a_name() {
        let names = ["acme", "globex", "1", "77"].map(str::to_owned);
        for (answer, name) in
            [("1", Some("acme")), ("2", Some("globex")), ("globex", Some("globex")), ("77", Some("77"))]
        {
            assert_eq!(chosen(&names, answer), name, "{answer}");
        }
        for answer in ["", "0", "5", "-1", "ACME", "acme globex"] {
            assert_eq!(chosen(&names, answer), None, "{answer}");
        }
    }
}
