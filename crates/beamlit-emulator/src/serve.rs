//! The emulator as a program of its own: announces itself, then stays until it is told to end.

use std::io::{self, Write};
use std::process;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::emulator::Emulator;
use crate::options::Options;

/// How [`serve`] announces the emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// A few lines for a person, to be pasted into a shell.
    Text,
    /// One line of JSON: an object with `event` "ready", `api_url`, `console_url`, `issuer`, `token_endpoint`,
    /// `workspace`, `api_key`, `client_id`, `client_secret` and `pid`.
    Json,
}

/// Starts an emulator, writes on `out` where it is and how to log in to it, and serves until `wait` returns.
///
/// `wait` blocks for as long as the emulator is wanted; signals are its business. The credentials on `out` are good
/// for this emulator alone and bear its mark.
///
/// # Errors
/// The emulator does not start ([`Options::start`]), or `out` does not take the announcement.
///
/// # Blocking
/// As long as `wait` blocks.
pub fn serve(
    options: Options,
    announcement: Announcement,
    out: &mut dyn Write,
    wait: impl FnOnce(&Emulator),
) -> io::Result<()> {
    let emulator = options.start()?;
    let ready = Ready::new(&emulator);
    // Whoever is told of a credential may come back with it after a restart.
    emulator.keep()?;
    match announcement {
        Announcement::Text => ready.write_text(out)?,
        Announcement::Json => ready.write_json(out)?,
    }
    out.flush()?;
    wait(&emulator);
    Ok(())
}

/// What a client needs to know of an emulator that has just started.
struct Ready<'a> {
    emulator: &'a Emulator,
    workspace: String,
    api_key: String,
    client_id: String,
    client_secret: String,
}

impl<'a> Ready<'a> {
    fn new(emulator: &'a Emulator) -> Self {
        let workspace = emulator.workspaces().into_iter().next().unwrap_or_else(|| "acme".to_owned());
        let (client_id, client_secret) = emulator.client_credentials(&workspace);
        Self { emulator, api_key: emulator.api_key(&workspace), workspace, client_id, client_secret }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let ready = json!({
            "event": "ready",
            "api_url": self.emulator.api_url(),
            "console_url": self.emulator.console_url(),
            "issuer": self.emulator.api_url(),
            "token_endpoint": self.emulator.token_endpoint(),
            "workspace": self.workspace,
            "api_key": self.api_key,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "pid": process::id(),
        });
        writeln!(out, "{ready}")
    }

    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let client_credentials = STANDARD.encode(format!("{}:{}", self.client_id, self.client_secret));
        writeln!(
            out,
            "Beamlit emulator, {}; Ctrl-C ends it. In another terminal:",
            self.emulator.console_url()
        )?;
        writeln!(out, "  export BL_API_URL={}", self.emulator.api_url())?;
        writeln!(out, "then log in through the console:")?;
        writeln!(out, "  bl login {}", self.workspace)?;
        writeln!(out, "or have an API key of workspace {}:", self.workspace)?;
        writeln!(out, "  export BL_API_KEY={}", self.api_key)?;
        writeln!(out, "or a service account:")?;
        writeln!(out, "  export BL_CLIENT_CREDENTIALS={client_credentials}")
    }
}
