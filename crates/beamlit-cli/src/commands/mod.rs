//! The commands, one file each.

mod emulator;
mod explain;
mod headers;
mod help;
mod token;

use beamlit_auth::Result;
use clap::Subcommand;

use crate::arguments::Cli;

const TOKEN: &str = "\
It is renewed first if that is due. With --json an object: access_token, token_type (empty for an API key), expires_at
(Unix seconds, or null), scope, workspace.";
const HEADERS: &str = "\
One `Name: value` a line: bl headers URL | curl -H @- URL
URLs of origins that the credential was not issued for are refused. With --json an object: headers (name to value).";
const EXPLAIN: &str =
    "No server is asked. The exit code is 0 if there is a credential that can be used, else 3.";
const EMULATOR: &str = "\
Prints where it is and credentials for it, then serves until SIGTERM (exit code 0) or Ctrl-C (130). With --json it
prints an object on one line: event (ready), api_url, console_url, issuer, token_endpoint, workspace, api_key,
client_id, client_secret, pid. A seed looks like {\"workspaces\": [\"acme\", \"globex\"]}.";
const HELP: &str = "\
With --json an object: version, flags (of every command), commands (name, about, arguments, flags); for one command its
object alone.";

/// What can be asked for. The comments are the help.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the access token, or the API key
    #[command(after_help = TOKEN)]
    Token(token::Token),
    /// Print the headers for a request to URL, as `curl -H @-` reads them
    #[command(after_help = HEADERS)]
    Headers(headers::Headers),
    /// Print which credential is in use
    #[command(after_help = EXPLAIN)]
    Status(explain::Explain),
    /// Print which credential is in use, and every place that was looked at
    #[command(after_help = EXPLAIN)]
    Explain(explain::Explain),
    /// Run a local Beamlit on 127.0.0.1
    #[command(after_help = EMULATOR)]
    Emulator(emulator::Emulator),
    /// Print help for all commands, or one
    #[command(after_help = HELP)]
    Help(help::Help),
}

/// Runs a command. Its exit code.
pub(crate) fn run(cli: Cli) -> i32 {
    let output = cli.output;
    let outcome: Result<i32> = match cli.command {
        Command::Token(token) => token.run(output),
        Command::Headers(headers) => headers.run(output),
        Command::Status(status) => status.status(output),
        Command::Explain(explain) => explain.explain(output),
        Command::Emulator(emulator) => emulator.run(output),
        Command::Help(help) => help.run(output),
    };
    outcome.unwrap_or_else(|error| output.error(&error))
}
