//! The explanation: the chain's decision as data, for people and for programs.

mod kept;

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::chain::{Chain, Outcome, Picked};
use crate::config::{Config, Environment, Settings};
use crate::error::{Error, Reason, Result};
use crate::explain::kept::Kept;
use crate::headers::Style;
use crate::record::State;
use crate::sys::{System, Unix};
use crate::token::Token;

/// Which credential is used and why: each link of the chain, what was looked at, what was picked. Holds no secret.
#[derive(Clone)]
pub struct Explanation {
    json: Value,
    /// The members of `bl status`.
    status: Value,
    text: String,
    ok: bool,
}

impl Config {
    /// Explains which credential this configuration would use. Local, asks nobody, opens nothing.
    ///
    /// A configuration that cannot be used is explained too: its error is the reason why nothing was picked.
    pub fn explain(&self) -> Explanation {
        let settled = Environment::read().and_then(|environment| {
            let settings = self.settle(&environment)?;
            let system: Arc<dyn System> = Arc::new(Unix);
            let chain = Chain::find(self, &environment, &settings, &system);
            Ok(Explanation::new(&settings, &chain, None, &system))
        });
        settled.unwrap_or_else(|error: Error| Explanation::failed(&error))
    }
}

impl Explanation {
    /// `token` is the session's current one, if it has one yet.
    pub(crate) fn new(
        settings: &Settings,
        chain: &Chain,
        token: Option<&Token>,
        system: &Arc<dyn System>,
    ) -> Self {
        let kept = Kept::new(settings, chain, system);
        let (mut status, why) = match picked(settings, chain, token) {
            Ok(picked) => (picked, None),
            Err(error) => (json!({"ok": false}), Some(error)),
        };
        let ok = why.is_none();
        let mut text = describe(&status, why.as_ref(), system.wall());
        kept.add_to(&mut status, ok);
        if let Some(link) = chain.mirror().filter(|link| ok && link.outcome != Outcome::Skipped) {
            let _ = write!(text, "; {}", link.why);
        }
        for line in kept.lines(&status) {
            let _ = write!(text, "\n{line}");
        }
        let picked = if ok { &status } else { &Value::Null };
        let json = json!({"version": 1, "picked": picked, "links": links(chain), "weaker": kept.weaker()});
        text.push_str(&described(chain));
        Self { json, status, text, ok }
    }

    fn failed(error: &Error) -> Self {
        let json = json!({"version": 1, "picked": null, "links": [], "weaker": [], "error": error.message()});
        let text = format!("no credential can be used: {error}");
        Self { json, status: json!({"ok": false}), text, ok: false }
    }

    /// Whether a credential was picked.
    pub fn is_ok(&self) -> bool {
        self.ok
    }

    /// The explanation as one JSON object: `version`, `picked` (null if nothing was; else the members of `bl status`),
    /// `links`, and `weaker`: what the store cannot promise. Members may be added; unknown ones are to be ignored.
    pub fn to_json(&self) -> String {
        self.json.to_string()
    }

    /// What was picked, as one JSON object; if nothing was, `"ok":false` with the members that are known: `store` and
    /// `weaker`.
    pub fn picked_json(&self) -> String {
        self.status.to_string()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Explanation({})", self.json)
    }
}

/// How the line of a link begins, and no other.
const LINK: &str = "\n  ";

/// The links as data.
fn links(chain: &Chain) -> Vec<Value> {
    let links = chain.links.iter();
    links
        .map(|link| json!({"link": link.name, "looked_at": link.looked_at, "outcome": link.outcome.name(), "why": link.why}))
        .collect()
}

/// The links as lines.
fn described(chain: &Chain) -> String {
    chain.links.iter().fold(String::new(), |mut text, link| {
        let (outcome, why) = (link.outcome.name(), &link.why);
        let _ = write!(text, "{LINK}{outcome:<8} {} ({}): {why}", link.name, link.looked_at);
        text
    })
}

fn picked(settings: &Settings, chain: &Chain, token: Option<&Token>) -> Result<Value> {
    let found = chain.picked()?;
    if let Picked::Stored(login) = found
        && login.record.state == State::Dead
    {
        let message = "the server does not accept the stored login any more; run `bl login`";
        return Err(Error::login_required(Reason::Revoked, message));
    }
    let style = Style::settle(settings.header.as_deref(), &settings.platform, found.is_key())?;
    let origins: Vec<String> = settings.origins.iter().map(ToString::to_string).collect();
    Ok(json!({
        "ok": true,
        "workspace": workspace(settings, found),
        "platform": settings.platform.name(),
        "api_url": settings.api_url.as_ref().map(crate::origin::Url::as_str),
        "credential": found.kind(),
        "source": source(chain),
        "identity": found.client_id(),
        "expires_at": token.and_then(Token::expires_at).and_then(unix_seconds).or(stored_until(found)),
        "renewable": !found.is_key(),
        "header": style.name(),
        "origins": origins,
        "shadowing": chain.shadowing(),
        "mirror": chain.mirror().map(|link| link.why.as_str()),
    }))
}

/// The workspace that is set, or that of the current login.
fn workspace<'a>(settings: &'a Settings, picked: &'a Picked) -> Option<&'a str> {
    let stored = match picked {
        Picked::Stored(login) => login.record.workspace.as_deref(),
        Picked::Own(_) => None,
    };
    settings.workspace.as_deref().or(stored)
}

/// Where the credential was found: a link, or the store that it lies in.
fn source(chain: &Chain) -> Option<String> {
    if let Some(Picked::Stored(login)) = &chain.picked {
        return Some(login.source());
    }
    chain.source().map(|link| format!("{}:{}", link.looked_at, link.name))
}

/// When the token ends that a stored login holds, in Unix seconds.
fn stored_until(picked: &Picked) -> Option<u64> {
    match picked {
        Picked::Stored(login) if login.record.access_token.is_some() => {
            Some(login.record.expires_at().as_secs())
        }
        _ => None,
    }
}

fn unix_seconds(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

fn describe(picked: &Value, why_not: Option<&Error>, now: Duration) -> String {
    if let Some(error) = why_not {
        return format!("no credential can be used: {error}");
    }
    let word = |name: &str| picked[name].as_str().unwrap_or("-").to_owned();
    let mut text = format!(
        "{} from {}, for workspace {} of {} at {}, sent as {}",
        word("credential"),
        word("source"),
        word("workspace"),
        word("platform"),
        word("api_url"),
        word("header")
    );
    if let Some(identity) = picked["identity"].as_str() {
        let _ = write!(text, ", identity {identity}");
    }
    if let Some(expires_at) = picked["expires_at"].as_u64() {
        let _ = match expires_at.saturating_sub(now.as_secs()) {
            0 => write!(text, ", its token has expired and is renewed when it is needed"),
            left @ 1..120 => write!(text, ", its token is good for {left} s"),
            left => write!(text, ", its token is good for {} min", left / 60),
        };
    }
    text
}
