//! `bl help`: for people, and with `--json` for programs.

use beamlit_auth::Result;
use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Args, Command};
use serde_json::{Value, json};

use crate::arguments;
use crate::output::{self, Output};

/// The arguments of `help`.
#[derive(Args)]
pub(crate) struct Help {
    /// The command
    #[arg(value_name = "COMMAND")]
    name: Option<String>,
}

impl Help {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let program = arguments::program();
        let one = match &self.name {
            Some(name) => {
                Some(program.find_subcommand(name).ok_or_else(|| arguments::unknown_command(name, ""))?)
            }
            None => None,
        };
        if output.json {
            let described = one.map_or_else(|| whole(&program), |one| command(&program, one));
            output::json(&described.to_string())?;
        } else {
            output::text(one.unwrap_or(&program).clone().render_help().to_string().trim_end())?;
        }
        Ok(0)
    }
}

/// The whole command line as data.
fn whole(program: &Command) -> Value {
    let commands = program.get_subcommands().map(|one| command(program, one));
    json!({
        "version": program.get_version(),
        "commands": commands.collect::<Vec<_>>(),
        "flags": program.get_arguments().map(flag).collect::<Vec<_>>(),
    })
}

/// One command, without the flags that every command has.
fn command(program: &Command, one: &Command) -> Value {
    let is_own = |arg: &&Arg| program.get_arguments().all(|other| other.get_id() != arg.get_id());
    let (arguments, flags): (Vec<&Arg>, Vec<&Arg>) = one.get_arguments().partition(|arg| arg.is_positional());
    json!({
        "name": one.get_name(),
        "about": text(one.get_about()),
        "arguments": arguments.into_iter().map(argument).collect::<Vec<_>>(),
        "flags": flags.into_iter().filter(is_own).map(flag).collect::<Vec<_>>(),
    })
}

fn argument(arg: &Arg) -> Value {
    json!({"name": value_name(arg), "required": arg.is_required_set(), "about": text(arg.get_help())})
}

fn flag(arg: &Arg) -> Value {
    json!({
        "name": arg.get_long().map(|name| format!("--{name}")),
        "short": arg.get_short().map(|letter| format!("-{letter}")),
        "value": if arg.get_action().takes_values() { value_name(arg) } else { None },
        "repeatable": matches!(arg.get_action(), ArgAction::Append),
        "about": text(arg.get_help()),
    })
}

fn value_name(arg: &Arg) -> Option<&str> {
    arg.get_value_names()?.first().map(AsRef::as_ref)
}

fn text(styled: Option<&StyledStr>) -> Option<String> {
    styled.map(ToString::to_string)
}
