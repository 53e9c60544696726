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
        let mut program = arguments::program();
        if output.json {
            return output::json(&described(&program).to_string()).map(|()| 0);
        }
        let text = match &self.name {
            None => program.render_help(),
            Some(name) => match program.find_subcommand_mut(name) {
                Some(command) => command.render_help(),
                None => return Err(arguments::unknown_command(name)),
            },
        };
        output::text(text.to_string().trim_end()).map(|()| 0)
    }
}

/// The whole command line as data.
fn described(program: &Command) -> Value {
    let own: Vec<&Arg> = program.get_arguments().collect();
    let is_own = |arg: &&Arg| own.iter().any(|other| other.get_id() == arg.get_id());
    let commands = program.get_subcommands().map(|command| {
        let (arguments, flags): (Vec<&Arg>, Vec<&Arg>) =
            command.get_arguments().partition(|arg| arg.is_positional());
        json!({
            "name": command.get_name(),
            "about": text(command.get_about()),
            "arguments": arguments.into_iter().map(argument).collect::<Vec<_>>(),
            "flags": flags.into_iter().filter(|arg| !is_own(arg)).map(flag).collect::<Vec<_>>(),
        })
    });
    json!({
        "version": program.get_version(),
        "commands": commands.collect::<Vec<_>>(),
        "flags": own.iter().copied().map(flag).collect::<Vec<_>>(),
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
