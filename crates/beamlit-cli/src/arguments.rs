//! The command line: its shape, and what is wrong with one that does not have it.

use std::error::Error as _;
use std::ffi::OsString;

use beamlit_auth::{Error, ErrorKind, Result};
use clap::error::{ContextKind, ContextValue, ErrorKind as Fault};
use clap::{CommandFactory as _, Parser};

use crate::commands::Command;
use crate::elsewhere::next_bl;
use crate::output::Output;

/// The longest word of the command line that an error repeats.
const WORD_LIMIT: usize = 24;

const AFTER: &str = "\
The credential comes from the environment: BL_API_KEY, else BL_CLIENT_CREDENTIALS (client_id:client_secret, or the \
base64 of it); else from the login that `bl login` stored. Secrets are never taken as arguments.

Exit codes: 0 done, 1 internal error, 2 usage, 3 login required, 4 network or server, 5 store, 6 denied, \
130 interrupted.

An error is one line on standard error; with --json an object: kind, reason, message, oauth_error, http_status, \
retry_after (seconds; null is never), exit_code. Objects may get more members.";

/// Logins, tokens and headers of the Beamlit platform, for the shell
#[derive(Parser)]
#[command(name = "bl", bin_name = "bl", version, after_help = AFTER, no_binary_name = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What arguments mean.
pub(crate) enum Parsed {
    /// A command to run.
    Command(Box<Cli>),
    /// A text that was asked for: `--help` or `--version`.
    Text(String),
}

/// The shape of the command line, complete.
pub(crate) fn program() -> clap::Command {
    let mut program = Cli::command();
    program.build();
    program
}

/// Reads arguments.
///
/// # Errors
/// `InvalidArgument` in one line. Values are not repeated: one of them may be a secret in the wrong place.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Parsed> {
    let begins_with_option =
        arguments.first().is_some_and(|first| first.as_encoded_bytes().starts_with(b"-"));
    match Cli::try_parse_from(arguments) {
        Ok(cli) => Ok(Parsed::Command(Box::new(cli))),
        Err(fault) if matches!(fault.kind(), Fault::DisplayHelp | Fault::DisplayVersion) => {
            Ok(Parsed::Text(fault.to_string().trim_end().to_owned()))
        }
        Err(fault) if begins_with_option && fault.kind() == Fault::UnknownArgument => {
            Err(option_first(&fault))
        }
        Err(fault) => Err(explained(&fault)),
    }
}

/// What to say of an unknown option before the command, where the platform's own `bl` has options of its own.
fn option_first(fault: &clap::Error) -> Error {
    let error = explained(fault);
    match next_bl() {
        Some(program) => {
            invalid(format!("{}; {} is another bl, which may know it", error.message(), program.display()))
        }
        None => error,
    }
}

/// What to say of a command that there is not: `similar` are those that may be meant, and the platform's own `bl` may
/// have it.
pub(crate) fn unknown_command(name: &str, similar: &str) -> Error {
    let name = if is_word(name) { format!("unknown command {name}") } else { "unknown command".to_owned() };
    invalid(match (similar, next_bl()) {
        ("", Some(program)) => format!("{name}; {} is another bl, which may know it", program.display()),
        ("", None) => format!("{name}; `bl help` lists those that there are"),
        // Its names are like ours: its `logs` is no mistyped `login`.
        (_, Some(program)) => {
            format!("{name}; is it {similar}? {} is another bl, which may know it", program.display())
        }
        (_, None) => format!("{name}; is it {similar}?"),
    })
}

fn explained(fault: &clap::Error) -> Error {
    let named = |kind| fault.get(kind).map(words).unwrap_or_default();
    let similar = |kind| fault.get(kind).map(likeliest).unwrap_or_default();
    let (argument, prior) = (named(ContextKind::InvalidArg), named(ContextKind::PriorArg));
    invalid(match fault.kind() {
        Fault::InvalidSubcommand => {
            let similar = similar(ContextKind::SuggestedSubcommand);
            return unknown_command(&named(ContextKind::InvalidSubcommand), &similar);
        }
        Fault::MissingSubcommand | Fault::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a command is missing; `bl help` lists them".to_owned()
        }
        Fault::UnknownArgument => unknown_argument(&argument, &similar(ContextKind::SuggestedArg)),
        Fault::ValueValidation => {
            let why = fault.source().map(ToString::to_string).unwrap_or_default();
            format!("{argument} cannot be used: {why}")
        }
        Fault::InvalidValue => format!("{argument} needs a value"),
        Fault::ArgumentConflict if argument == prior => format!("{argument} is given twice"),
        Fault::ArgumentConflict => format!("{argument} and {prior} exclude each other"),
        Fault::MissingRequiredArgument => format!("{argument} is missing"),
        Fault::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => "the arguments cannot be used; `bl help` lists the commands".to_owned(),
    })
}

fn unknown_argument(argument: &str, similar: &str) -> String {
    if argument.starts_with('-') && is_word(argument.trim_start_matches('-')) {
        if !similar.is_empty() {
            return format!("unknown option {argument}; is it {similar}?");
        }
        return format!(
            "unknown option {argument}; options follow their command, and `bl help COMMAND` lists them"
        );
    }
    "there is an argument too many, or an unknown option; `bl help COMMAND` lists what there is".to_owned()
}

/// The likeliest of what may be meant: clap puts it last.
fn likeliest(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(words) => words.last().cloned().unwrap_or_default(),
        other => words(other),
    }
}

/// The names in a context value, which are of our own arguments or of the first word that fits none.
fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(word) => word.clone(),
        ContextValue::Strings(words) => words.join(" "),
        _ => String::new(),
    }
}

/// Whether a word of the command line can be repeated: plain letters, of which no secret consists.
fn is_word(text: &str) -> bool {
    (1..=WORD_LIMIT).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}
