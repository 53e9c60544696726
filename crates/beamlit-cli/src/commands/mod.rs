//! The commands, one file each.

mod emulator;
mod explain;
mod headers;
mod help;
mod login;
mod logout;
mod status;
mod token;
mod workspaces;

use beamlit_auth::Result;
use clap::Subcommand;

use crate::arguments::Cli;

const LOGIN: &str = "\
The login is stored, verified, for every program of yours on this machine, and its workspace becomes the current one. \
Without a method it is asked for; BL_API_KEY or BL_CLIENT_CREDENTIALS answer that. A stored login that can be used is \
kept, unless there is --force or a credential is handed over.

With --json nothing is asked and events are printed, an object on one line each. event is device_code (user_code, \
verification_uri, verification_uri_complete or null, expires_at in Unix seconds, interval in seconds), browser (url: the \
page that was opened), pending, slow_down (interval), success (with the members of status), error (with the members of \
an error).";
const LOGOUT: &str = "\
The login is revoked where the server can do that, then deleted here. With --json an object: revoked, deleted.";
const WORKSPACES: &str = "\
One name a line, after `* ` the current one, which is used when no workspace is named. With --json an object: workspaces \
(an array of names), current (a name, or null).";
const TOKEN: &str = "\
It is renewed first if that is due. A valid one is printed after 2 seconds at most, although the server has not answered \
yet; a renewal that spends a refresh token (--rotation strict, grace) is waited for before the end, 20 seconds at most, with \
standard output closed. With --json an object: access_token, token_type (empty for an API key), expires_at \
(Unix seconds, or null), scope, workspace.";
const HEADERS: &str = "\
One `Name: value` a line: bl headers URL | curl -H @- URL

URLs of origins that the credential was not issued for are refused. With --json an object: headers (name to value).";
const STATUS: &str = "\
The exit code is 0 if there is a credential that can be used, else 3. No server is asked. With --json an object.

With --check the platform is asked, after a renewal if that is due. The exit code is 0 if it accepts the credential, 3 if \
it does not, 4 if that cannot be found out; the object has accepted (true, false or null) and error (an error, or null).";
const EXPLAIN: &str =
    "No server is asked. The exit code is 0 if there is a credential that can be used, else 3.";
const EMULATOR: &str = "\
Prints where it is and credentials for it, then serves until SIGTERM (exit code 0) or Ctrl-C (130). A seed looks like \
{\"workspaces\": [\"acme\", \"globex\"]}.

With --json it prints an object on one line: event (ready), api_url, console_url, issuer, token_endpoint, workspace, \
api_key, client_id, client_secret, pid.";
const HELP: &str = "\
With --json an object: version, flags (of every command), commands (name, about, arguments, flags); for one command its \
object alone.";

/// What can be asked for. The comments are the help.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Log in to a workspace, in a browser or with a key
    #[command(after_help = LOGIN)]
    Login(login::Login),
    /// End the stored login to a workspace
    #[command(after_help = LOGOUT)]
    Logout(logout::Logout),
    /// Print the workspaces that somebody is logged in to, or change the current one
    #[command(after_help = WORKSPACES)]
    Workspaces(workspaces::Workspaces),
    /// Print the access token, or the API key
    #[command(after_help = TOKEN)]
    Token(token::Token),
    /// Print the headers for a request to URL, as `curl -H @-` reads them
    #[command(after_help = HEADERS)]
    Headers(headers::Headers),
    /// Print which credential is in use
    #[command(after_help = STATUS)]
    Status(status::Status),
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
        Command::Login(login) => login.run(output),
        Command::Logout(logout) => logout.run(output),
        Command::Workspaces(workspaces) => workspaces.run(output),
        Command::Token(token) => token.run(output),
        Command::Headers(headers) => headers.run(output),
        Command::Status(status) => status.run(output),
        Command::Explain(explain) => explain.run(output),
        Command::Emulator(emulator) => emulator.run(output),
        Command::Help(help) => help.run(output),
    };
    outcome.unwrap_or_else(|error| output.error(&error))
}
