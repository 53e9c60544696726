//! A running emulator and what tests do with it.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

use crate::data::{Data, DataFile};
use crate::device::Status;
use crate::fault::Fault;
use crate::login::{Login, PendingLogin};
use crate::options::Options;
use crate::recording::RecordedRequest;
use crate::server;
use crate::settings::Settings;
use crate::state::State;

/// The thread that serves until the other end of `stopped` is dropped.
fn spawn(
    listener: TcpListener,
    state: Arc<State>,
    file: Option<Arc<DataFile>>,
    stopped: oneshot::Receiver<Infallible>,
) -> io::Result<JoinHandle<()>> {
    let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    thread::Builder::new().name("beamlit-emulator".to_owned()).spawn(move || {
        runtime.block_on(async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            tokio::spawn(server::run(listener, state, file));
            // Open connections end with the runtime.
            let _ = stopped.await;
        });
    })
}

/// A local Beamlit on 127.0.0.1, served by a thread of its own; dropping it closes every connection and the port.
///
/// All methods may be called from any thread, and none of them waits for the network.
pub struct Emulator {
    state: Arc<State>,
    file: Option<Arc<DataFile>>,
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

    pub(crate) fn with(options: Options) -> io::Result<Self> {
        let kept = options.data.as_deref().map(Data::read).transpose()?.flatten().unwrap_or_default();
        let port = if options.port == 0 { kept.port } else { options.port };
        let cannot_listen = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot listen on 127.0.0.1:{port}: {error}"))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(cannot_listen)?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State::new(port, options.settings, &options.workspaces, kept)?);
        let file = options.data.map(DataFile::new).map(Arc::new);
        if let Some(file) = &file {
            file.write(&state.data())?;
        }
        let (stop, stopped) = oneshot::channel();
        let thread = spawn(listener, Arc::clone(&state), file.clone(), stopped)?;
        Ok(Self { state, file, stop: Some(stop), thread: Some(thread) })
    }

    /// Writes down what is to outlive a restart, if there is a file for it.
    pub(crate) fn keep(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.write(&self.state.data()))
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

    /// A device login of the emulator's one user, approved and fetched, with the platform's client id `beamlit`: what
    /// a client has stored that logged in before the test. It has a refresh token whatever the settings say, and
    /// counts as no request.
    pub fn login(&self, workspace: &str) -> Login {
        self.login_as("beamlit", workspace)
    }

    /// The same for another client.
    pub fn login_as(&self, client_id: &str, workspace: &str) -> Login {
        Login::seed(&self.state, client_id, workspace)
    }

    /// The device logins on which nobody has decided yet and whose codes are still good, oldest first.
    pub fn pending_logins(&self) -> Vec<PendingLogin> {
        let open = self.state.devices.lock().open(self.state.clock.now_ms());
        open.into_iter().map(|device| PendingLogin::new(&self.state, device)).collect()
    }

    /// Approves a pending device login, as the user would in the console; false if none has this user code.
    pub fn approve(&self, user_code: &str) -> bool {
        self.decide(user_code, Status::Approved)
    }

    /// Denies a pending device login, as the user would in the console; false if none has this user code.
    pub fn deny(&self, user_code: &str) -> bool {
        self.decide(user_code, Status::Denied)
    }

    fn decide(&self, user_code: &str, status: Status) -> bool {
        self.state.devices.lock().decide(user_code, status, None, self.state.clock.now_ms())
    }

    /// Ends a login by one of its refresh tokens, or an access token alone; false if it is neither.
    ///
    /// An API answers 401 to an access token that was ended, and the token endpoint `invalid_grant` to a refresh token.
    pub fn revoke(&self, token: &str) -> bool {
        self.state.revoke(token)
    }

    /// Adds a fault. Of several that fit a request, the oldest happens.
    pub fn fault(&self, fault: Fault) {
        self.state.faults.lock().add(fault);
    }

    /// Ends all faults; a request that already met one stays with it.
    pub fn clear_faults(&self) {
        self.state.faults.lock().clear();
    }

    /// Moves the emulator's clock, by which its tokens, codes and keys expire and intervals pass; a negative number moves it back.
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
        self.state.token_requests.all()
    }

    /// The same for one grant, by its `grant_type` or the last part of it: `client_credentials`, `device_code`,
    /// `refresh_token`.
    pub fn token_requests_of(&self, grant: &str) -> u64 {
        self.state.token_requests.of(grant)
    }

    /// How often a spent refresh token was sent again and refused.
    pub fn reuse_events(&self) -> u64 {
        self.state.families.lock().reuse_events()
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
        // What callers of these methods changed since the last request; there is nobody left to be told of a failure.
        let _ = self.keep();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("origin", &self.state.origin).finish_non_exhaustive()
    }
}
