//! A running emulator and what tests do with it.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use serde::Deserialize;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::fault::Fault;
use crate::recording::RecordedRequest;
use crate::server;
use crate::settings::{Dialect, Settings};
use crate::state::State;

/// How an emulator starts; [`Emulator::builder`] gives the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    port: u16,
    settings: Settings,
    workspaces: Vec<String>,
}

impl Default for Options {
    /// A free port, the platform's dialect, tokens of two hours, the workspace `acme`.
    fn default() -> Self {
        Self { port: 0, settings: Settings::default(), workspaces: vec!["acme".to_owned()] }
    }
}

impl Options {
    /// Listens on this port of 127.0.0.1; 0, the default, takes a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The habits of the token endpoint; the default is [`Dialect::Platform`].
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.settings.dialect = dialect;
        self
    }

    /// Life of an access token in seconds; the default is 7200.
    #[must_use]
    pub fn token_lifetime(mut self, seconds: u32) -> Self {
        self.settings.token_lifetime_s = seconds;
        self
    }

    /// The workspaces that are listed from the start; the default is `acme`. Any other name is one as soon as a
    /// credential is issued for it.
    #[must_use]
    pub fn workspaces(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.workspaces = names.into_iter().map(Into::into).collect();
        self
    }

    /// Reads the workspaces from a JSON file: `{"workspaces": ["acme", "globex"]}`.
    ///
    /// # Errors
    /// The file cannot be read, or is not such an object.
    pub fn seed(self, file: &Path) -> io::Result<Self> {
        let located = |what: String| format!("cannot use the seed {}: {what}", file.display());
        let json =
            std::fs::read(file).map_err(|error| io::Error::new(error.kind(), located(error.to_string())))?;
        let seed: Seed = serde_json::from_slice(&json)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, located(error.to_string())))?;
        Ok(self.workspaces(seed.workspaces))
    }

    /// Starts the emulator; it answers when this returns.
    ///
    /// # Errors
    /// The port is taken, or the machine gives no socket, thread or random bytes.
    pub fn start(self) -> io::Result<Emulator> {
        let port = self.port;
        let cannot_listen = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot listen on 127.0.0.1:{port}: {error}"))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(cannot_listen)?;
        listener.set_nonblocking(true)?;
        let state = Arc::new(State::new(listener.local_addr()?.port(), self.settings, &self.workspaces)?);
        let (stop, stopped) = oneshot::channel();
        let thread = spawn(listener, Arc::clone(&state), stopped)?;
        Ok(Emulator { state, stop: Some(stop), thread: Some(thread) })
    }
}

/// The thread that serves until the other end of `stopped` is dropped.
fn spawn(
    listener: TcpListener,
    state: Arc<State>,
    stopped: oneshot::Receiver<Infallible>,
) -> io::Result<JoinHandle<()>> {
    let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    thread::Builder::new().name("beamlit-emulator".to_owned()).spawn(move || {
        runtime.block_on(async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            tokio::spawn(server::run(listener, state));
            // Open connections end with the runtime.
            let _ = stopped.await;
        });
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    workspaces: Vec<String>,
}

/// A local Beamlit on 127.0.0.1, served by a thread of its own; dropping it closes every connection and the port.
///
/// All methods may be called from any thread, and none of them waits for the network.
pub struct Emulator {
    state: Arc<State>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator on a free port with the default [`Options`].
    ///
    /// # Errors
    /// The machine gives no socket, thread or random bytes.
    pub fn start() -> io::Result<Self> {
        Options::default().start()
    }

    /// The default options, to be changed before [`Options::start`].
    pub fn builder() -> Options {
        Options::default()
    }

    /// Base URL of the API, `http://127.0.0.1:PORT/v0`: the issuer, and what `BL_API_URL` takes.
    pub fn api_url(&self) -> String {
        self.state.api_url()
    }

    /// URL of the console, `http://127.0.0.1:PORT`.
    pub fn console_url(&self) -> String {
        self.state.origin.clone()
    }

    /// URL of the token endpoint.
    pub fn token_endpoint(&self) -> String {
        format!("{}{}", self.state.origin, crate::routes::TOKEN_ENDPOINT)
    }

    /// The environment that makes clients talk to this emulator: the name of the base URL in this project, in the
    /// platform's command line and in its Python library.
    pub fn env(&self) -> Vec<(String, String)> {
        ["BL_API_URL", "BEAMLIT_API_URL", "BL_BASE_URL"].map(|name| (name.to_owned(), self.api_url())).into()
    }

    /// The workspaces that are listed, in the order in which they became known.
    pub fn workspaces(&self) -> Vec<String> {
        self.state.directory.lock().workspaces().to_vec()
    }

    /// A new API key of the emulator's one user, issued for this workspace and good in every other.
    pub fn api_key(&self, workspace: &str) -> String {
        self.state.user_api_key(workspace)
    }

    /// `client_id` and `client_secret` of a new service account of this workspace.
    pub fn client_credentials(&self, workspace: &str) -> (String, String) {
        self.state.client_credentials(workspace)
    }

    /// Adds a fault. Of several that fit a request, the oldest happens.
    pub fn fault(&self, fault: Fault) {
        self.state.faults.lock().add(fault);
    }

    /// Ends all faults; a request that already met one stays with it.
    pub fn clear_faults(&self) {
        self.state.faults.lock().clear();
    }

    /// Moves the emulator's clock, by which its tokens and keys expire; a negative number moves it back.
    pub fn advance(&self, seconds: i64) {
        self.state.clock.advance(seconds);
    }

    /// Life, in seconds, of the access tokens issued from now on.
    pub fn set_token_lifetime(&self, seconds: u32) {
        self.state.settings.lock().token_lifetime_s = seconds;
    }

    /// Changes how the emulator behaves from now on.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        // The change works on a copy: it may call this emulator, and no lock of ours is held meanwhile.
        let mut settings = self.state.settings.lock().clone();
        change(&mut settings);
        *self.state.settings.lock() = settings;
    }

    /// What arrived so far, oldest first, without `/_emulator/`: the last 10,000 requests and 64 MiB of bodies.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state.recording.lock().all()
    }

    /// How many requests reached the token endpoint, whatever became of them.
    pub fn token_requests(&self) -> u64 {
        self.state.token_requests.load(Ordering::Relaxed)
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Dropping the sender is the word to stop.
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("origin", &self.state.origin).finish_non_exhaustive()
    }
}
