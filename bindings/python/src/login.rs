//! Logins under way: started here, shown by whoever started them, and a session in the end.

use std::time::SystemTime;

use beamlit_auth::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::error::{Failure, Result};
use crate::panic::guard;
use crate::seconds::{Seconds, expires, unix};
use crate::session::Session;
use crate::settings::Settings;
use crate::wait::{interruptible, waiting};

/// A login under way: show its link and its code, then wait, or poll at any rate. Nothing is stored before the person
/// has approved. Every method may be called from any thread.
#[pyclass(frozen, module = "beamlit_auth")]
pub(crate) struct Login {
    /// `None` if nobody had to be asked.
    core: Option<beamlit_auth::Login>,
    /// What it gave, the same object to everybody.
    session: PyOnceLock<Py<Session>>,
    settings: Settings,
}

impl Login {
    fn of(core: Option<beamlit_auth::Login>, settings: Settings) -> Self {
        Self { core, session: PyOnceLock::new(), settings }
    }

    fn text(&self, read: impl FnOnce(&beamlit_auth::Login) -> &str) -> &str {
        self.core.as_ref().map_or("", read)
    }

    /// The session of a login that is done.
    fn done(&self, py: Python<'_>, session: beamlit_auth::Session) -> Result<Py<Session>> {
        if let Some(session) = self.session.get(py) {
            return Ok(session.clone_ref(py));
        }
        let settings = self.settings.stored(py, session.workspace())?;
        let session = Py::new(py, Session::of(py, session, settings))?;
        // Another thread may have been faster.
        let _ = self.session.set(py, session.clone_ref(py));
        Ok(self.session.get(py).unwrap_or(&session).clone_ref(py))
    }
}

#[pymethods]
impl Login {
    /// The link to open: with the code in it where the server offers that. Empty if nothing is to be approved.
    #[getter]
    fn url(&self) -> &str {
        self.text(beamlit_auth::Login::url)
    }

    /// The code that the person enters, or compares with the one in the browser (RFC 8628 §3.3).
    #[getter]
    fn user_code(&self) -> &str {
        self.text(beamlit_auth::Login::user_code)
    }

    /// Where the code is entered.
    #[getter]
    fn verification_uri(&self) -> &str {
        self.text(beamlit_auth::Login::verification_uri)
    }

    /// The link that has the code in it; empty if the server offers none.
    #[getter]
    fn verification_uri_complete(&self) -> &str {
        self.text(beamlit_auth::Login::verification_uri_complete)
    }

    /// When the code expires, in seconds since 1970.
    #[getter]
    fn expires_at(&self) -> f64 {
        unix(self.core.as_ref().map_or_else(SystemTime::now, beamlit_auth::Login::expires_at))
    }

    /// Seconds between two questions to the server; it may ask for more.
    #[getter]
    fn interval(&self) -> f64 {
        self.core.as_ref().map_or(0.0, |core| core.interval().as_secs_f64())
    }

    /// The session, or None as long as the person has not approved. Asks the server if that is due, once at most;
    /// before the interval has passed it answers at once. Waits for the answer no longer than the setting `timeout` says,
    /// 20 seconds at most; an answer that comes later is for a later poll.
    fn poll(&self, py: Python<'_>) -> Result<Option<Py<Session>>> {
        let session = match &self.core {
            Some(core) => guard(|| interruptible(py, |still_wanted| core.poll_while(still_wanted)))?,
            None => return Ok(self.session.get(py).map(|session| session.clone_ref(py))),
        };
        session.map(|session| self.done(py, session)).transpose()
    }

    /// Waits for the session: until the code expires, or `timeout` seconds.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<Seconds>) -> Result<Py<Session>> {
        if let Some(session) = self.session.get(py) {
            return Ok(session.clone_ref(py));
        }
        let timeout = timeout.unwrap_or(Seconds::LONGEST).0;
        let session = match &self.core {
            Some(core) => guard(|| interruptible(py, |still_wanted| core.wait_while(timeout, still_wanted)))?,
            None => None,
        };
        let message = "the login was not approved within the time limit; it goes on, wait again";
        self.done(py, session.ok_or_else(|| Error::new(ErrorKind::DeadlineExceeded, message))?)
    }

    /// The same calls for coroutines: `await pending.aio.wait()`.
    #[getter]
    fn aio<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("beamlit_auth.aio")?.getattr("Login")?.call1((slf,))
    }

    /// Gives the login up: what waits on it now raises Cancelled, later calls Closed. An approval that comes later is not
    /// stored, nor one that comes when the last reference to this object is gone.
    fn cancel(&self) {
        if let Some(core) = &self.core {
            core.cancel();
        }
    }

    /// Without link and code: a notebook keeps what a cell ends in.
    fn __repr__(&self) -> String {
        match &self.core {
            Some(core) if !core.url().is_empty() => format!("<Login {}>", expires(core.expires_at())),
            _ => "<Login done>".to_owned(),
        }
    }
}

/// Starts a login, by default one that a person approves in a browser, and shows nothing: `url` and `user_code` are
/// the caller's to show. An API key or client credentials are verified and stored at once. Key variables of the
/// environment are ignored. A server that answers after the setting `timeout`, or after Ctrl-C, answers in vain: nothing
/// is stored.
#[pyfunction]
#[pyo3(signature = (workspace=None, **settings))]
pub(crate) fn start_login(
    py: Python<'_>,
    workspace: Option<String>,
    settings: Option<&Bound<'_, PyDict>>,
) -> Result<Login> {
    let settings = Settings::read(py, "start_login", workspace, settings)?;
    let config = settings.config.clone();
    let start = |still_wanted: &dyn Fn() -> bool| beamlit_auth::Login::start_while(config, still_wanted);
    let core = guard(|| interruptible(py, start))?;
    Ok(Login::of(Some(core), settings))
}

/// The stored login, if it is usable: it has a token, or a renewal that is due gives one. None for a credential that
/// is stored by a login, since that is always done anew.
#[pyfunction]
#[pyo3(signature = (workspace=None, **settings))]
pub(crate) fn find_login(
    py: Python<'_>,
    workspace: Option<String>,
    settings: Option<&Bound<'_, PyDict>>,
) -> Result<Option<Login>> {
    let settings = Settings::read(py, "login", workspace, settings)?;
    if !settings.waits_for_a_person(py)? {
        return Ok(None);
    }
    let stored = settings.stored(py, None)?;
    let usable = guard(|| {
        let session = py.detach(|| beamlit_auth::Session::open(stored.config))?;
        waiting(py, &session, None, |call| call.token().map(drop))?;
        Ok(session)
    });
    match usable {
        Ok(session) => {
            let login = Login::of(None, settings);
            login.done(py, session)?;
            Ok(Some(login))
        }
        Err(Failure::Core(error)) if error.kind() == ErrorKind::LoginRequired => Ok(None),
        Err(error) => Err(error),
    }
}
