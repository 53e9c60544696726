//! What a login shows: text on standard error for a person, or events on standard output for a program.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use beamlit_auth::{Error, Login, Result};
use rustix::system::uname;
use serde_json::{Value, json};

use crate::browser;
use crate::output::{self, Output};

/// Where a login is shown, and how far it has got.
pub(super) struct Display {
    output: Output,
    /// Whether a browser may be opened.
    opens: bool,
    interval: Duration,
}

impl Display {
    pub(super) fn new(output: Output, opens: bool) -> Self {
        Self { output, opens, interval: Duration::ZERO }
    }

    /// Shows link and code, then opens the link in a browser.
    pub(super) fn codes(&mut self, login: &Login) -> Result<()> {
        self.interval = login.interval();
        if !self.output.json {
            output::note(&invitation(login));
            if self.opens && browser::open(login.url()) {
                self.output.news("The page is being opened in a browser.");
            }
            return Ok(());
        }
        let complete = Some(login.verification_uri_complete()).filter(|url| !url.is_empty());
        event(json!({
            "event": "device_code",
            "user_code": login.user_code(),
            "verification_uri": login.verification_uri(),
            "verification_uri_complete": complete,
            "expires_at": unix_seconds(login.expires_at()),
            "interval": self.interval.as_secs(),
        }))?;
        if self.opens && browser::open(login.url()) {
            event(json!({"event": "browser", "url": login.url()}))?;
        }
        Ok(())
    }

    /// Shows that nobody has approved so far, or that the server is asked less often from now on.
    pub(super) fn pending(&mut self, interval: Duration) -> Result<()> {
        let slower = interval > self.interval;
        self.interval = interval;
        if !self.output.json {
            return Ok(());
        }
        if slower {
            event(json!({"event": "slow_down", "interval": interval.as_secs()}))
        } else {
            event(json!({"event": "pending"}))
        }
    }

    /// Shows that the login is done: `picked` are the members of `bl status`, `text` is the same for a person.
    pub(super) fn success(&self, picked: Value, text: &str) -> Result<()> {
        self.output.news(text);
        self.object("success", picked)
    }

    /// Shows what it failed with, beside the error itself.
    pub(super) fn error(&self, error: &Error) {
        // A reader that cannot be written to has the exit code.
        let _ = self.object("error", output::object(error));
    }

    fn object(&self, name: &str, mut members: Value) -> Result<()> {
        if !self.output.json {
            return Ok(());
        }
        members["event"] = name.into();
        event(members)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "every caller has just made it")]
fn event(event: Value) -> Result<()> {
    output::json(&event.to_string())
}

/// RFC 8628 §3.3: the code and the plain link are shown even if there is a link with the code in it. §5.4: whoever
/// approves is to know what, and that nobody else's code is theirs to enter.
fn invitation(login: &Login) -> String {
    let to = login.workspace().map(|name| format!(" to workspace {name}")).unwrap_or_default();
    let (url, code, uri) = (login.url(), login.user_code(), login.verification_uri());
    let client = login.client_id();
    let client = if client.is_empty() { String::new() } else { format!(" as client {client}") };
    let host = uname().nodename().to_string_lossy().into_owned();
    let time = duration(login.expires_at());
    let typed = if url == uri {
        "and enter this code".to_owned()
    } else {
        format!("and check that it shows this code, or enter it at {uri}")
    };
    format!(
        "To log in{to}, open this page on any device:\n\n    {url}\n\n{typed}:\n\n    {code}\n\n\
         It logs in this machine, {host},{client}. Never enter a code that somebody sent you.\n\
         Waiting for the approval, {time} at most; Ctrl-C gives up."
    )
}

/// From now on, in words.
fn duration(until: SystemTime) -> String {
    let seconds = until.duration_since(SystemTime::now()).unwrap_or_default().as_secs_f64().round();
    if seconds < 120.0 {
        format!("{seconds} seconds")
    } else {
        format!("{} minutes", (seconds / 60.0).floor())
    }
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
