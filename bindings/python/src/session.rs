//! Sessions: the class itself, so that its hot path is one call into this file.

use std::sync::Arc;
use std::task::Poll;

use arc_swap::ArcSwapOption;
use beamlit_auth::ErrorKind;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyString, PyTuple};

use crate::adapter;
use crate::error::{Failure, Result};
use crate::explanation::Explanation;
use crate::headers::Headers;
use crate::imported::Imported;
use crate::panic::guard;
use crate::seconds::{Seconds, expires};
use crate::settings::Settings;
use crate::token::{Token, not_pickled};
use crate::wait::waiting;

/// A credential that is kept alive, and the headers it gives. Safe to share between threads, and good in forked
/// children.
///
/// Opening one is local and quick: no network, no prompt. Every wait ends after `timeout` seconds (30 by default, at
/// most 24 h, 0 does not wait), releases the interpreter's lock and yields to Ctrl-C.
#[pyclass(frozen, module = "beamlit_auth")]
pub(crate) struct Session {
    state: ArcSwapOption<Open>,
    /// The workspace, if one is set.
    #[pyo3(get)]
    workspace: Option<Py<PyString>>,
    /// The platform's name: `beamlit`, `blaxel`, or the issuer URL.
    #[pyo3(get)]
    platform: Py<PyString>,
    /// The API's base URL without a trailing slash; empty for an issuer whose API nobody named.
    #[pyo3(get)]
    api_url: Py<PyString>,
    settings: Settings,
}

/// What is there until `close()`.
struct Open {
    core: beamlit_auth::Session,
    /// The headers that were last given. Not replaced but with the whole, so that readers need no lock.
    headers: Option<Py<Headers>>,
}

impl Open {
    /// The generation of [`Open::headers`]; 0 is nobody's.
    fn generation(&self) -> u64 {
        self.headers.as_ref().map_or(0, |headers| headers.get().number())
    }
}

impl Session {
    /// The session that `core` is; `settings` open it elsewhere.
    pub(crate) fn of(py: Python<'_>, core: beamlit_auth::Session, settings: Settings) -> Self {
        Self {
            workspace: core.workspace().map(|name| PyString::new(py, name).unbind()),
            platform: PyString::new(py, core.platform()).unbind(),
            api_url: PyString::new(py, core.api_url()).unbind(),
            state: ArcSwapOption::from_pointee(Open { core, headers: None }),
            settings,
        }
    }

    /// The core's own, for calls that are not the hot one.
    fn core(&self) -> Result<beamlit_auth::Session> {
        self.state.load().as_ref().map(|open| open.core.clone()).ok_or_else(closed)
    }

    /// Runs a call on this session; a panic closes it.
    pub(crate) fn guarded<R>(&self, call: impl FnOnce() -> Result<R>) -> Result<R> {
        let mut ended = false;
        let outcome = guard(|| {
            let outcome = call();
            ended = true;
            outcome
        });
        if !ended {
            self.state.store(None);
        }
        outcome
    }

    /// The headers for a request to `url`; the very object that was given before, if nothing has changed.
    pub(crate) fn headers(
        &self,
        py: Python<'_>,
        url: &str,
        method: &str,
        timeout: Option<Seconds>,
    ) -> Result<Py<Headers>> {
        self.headers_or(py, url, method, |core, generation| {
            waiting(py, core, timeout, |call| call.method(method).headers_since(url, generation))
        })
    }

    /// The same, where `wait` is what gets headers that are not at hand.
    fn headers_or(
        &self,
        py: Python<'_>,
        url: &str,
        method: &str,
        wait: impl FnOnce(&beamlit_auth::Session, u64) -> Result<Option<beamlit_auth::Headers>>,
    ) -> Result<Py<Headers>> {
        self.guarded(|| {
            let state = self.state.load();
            let Some(open) = state.as_ref() else { return Err(closed()) };
            let generation = open.generation();
            let call = open.core.call().method(method);
            let made = |headers: &beamlit_auth::Headers| Headers::new(py, headers);
            let fresh = match call.poll_headers(url, generation, made)? {
                Poll::Ready(fresh) => fresh,
                Poll::Pending => wait(&open.core, generation)?.map(|headers| made(&headers)),
            };
            match (fresh.transpose()?, &open.headers) {
                (Some(fresh), _) => Ok(self.keep(py, Py::new(py, fresh)?)),
                (None, Some(held)) => Ok(held.clone_ref(py)),
                (None, None) => {
                    Err(Failure::new(ErrorKind::InternalError, "no generation is 0, yet one was found"))
                }
            }
        })
    }

    /// Makes `fresh` the object that everybody is given, unless another thread was faster; gives that object.
    fn keep(&self, py: Python<'_>, fresh: Py<Headers>) -> Py<Headers> {
        let generation = fresh.get().number();
        let before = self.state.rcu(|state| match state {
            Some(open) if open.generation() < generation => {
                Some(Arc::new(Open { core: open.core.clone(), headers: Some(fresh.clone_ref(py)) }))
            }
            unchanged => unchanged.clone(),
        });
        match before.as_ref().and_then(|open| open.headers.as_ref()) {
            Some(held) if held.get().number() == generation => held.clone_ref(py),
            _ => fresh,
        }
    }
}

fn closed() -> Failure {
    Failure::new(ErrorKind::Closed, "the session was closed; open another one")
}

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (workspace=None, **settings))]
    fn new(py: Python<'_>, workspace: Option<String>, settings: Option<&Bound<'_, PyDict>>) -> Result<Self> {
        let settings = Settings::read(py, "Session", workspace, settings)?;
        let config = settings.config.clone();
        // A store may be an object of another thread's, which needs the interpreter's lock.
        let opened = guard(|| Ok(py.detach(|| beamlit_auth::Session::open(config))));
        // Ctrl-C in a method of a store is what the program hears of.
        py.check_signals()?;
        let core = opened??;
        Ok(Self::of(py, core, settings))
    }

    /// The headers for a request to `url`, which must be of an origin that the credential was issued for.
    ///
    /// While the token stays the same, so does the object. `timeout` is in seconds.
    #[pyo3(name = "headers", signature = (url, *, method="GET", timeout=None))]
    fn py_headers(
        &self,
        py: Python<'_>,
        url: &str,
        method: &str,
        timeout: Option<Seconds>,
    ) -> Result<Py<Headers>> {
        self.headers(py, url, method, timeout)
    }

    /// The access token, or the API key. `min_valid` is how long it must still be good for, in seconds; it is cut to
    /// what a new token has.
    #[pyo3(signature = (*, min_valid=None, timeout=None))]
    pub(crate) fn token(
        &self,
        py: Python<'_>,
        min_valid: Option<Seconds>,
        timeout: Option<Seconds>,
    ) -> Result<Token> {
        let core = self.core()?;
        self.guarded(|| {
            let token = waiting(py, &core, timeout, |call| lasting(call, min_valid).token())?;
            Ok(Token::new(token))
        })
    }

    /// A function without arguments that gives the text of the current token, for clients that take one. With `url`
    /// each call refuses what `headers(url)` refuses.
    #[pyo3(signature = (url=None))]
    fn token_provider<'py>(slf: &Bound<'py, Self>, url: Option<String>) -> PyResult<Bound<'py, PyCFunction>> {
        let session = slf.clone().unbind();
        let provide = move |arguments: &Bound<'_, PyTuple>, keywords: Option<&Bound<'_, PyDict>>| {
            if !arguments.is_empty() || keywords.is_some() {
                return Err(PyTypeError::new_err("a token provider takes no arguments").into());
            }
            let (py, session) = (arguments.py(), session.get());
            if let Some(url) = &url {
                session.headers(py, url, "GET", None)?;
            }
            Ok::<_, Failure>(session.token(py, None, None)?.text().to_owned())
        };
        PyCFunction::new_closure(slf.py(), Some(c"token_provider"), None, provide)
    }

    /// Renews the token if that is due, never by force, and waits for it; raises what the renewal failed with.
    #[pyo3(signature = (*, timeout=None))]
    fn renew(&self, py: Python<'_>, timeout: Option<Seconds>) -> Result<()> {
        let core = self.core()?;
        let renew = |call: beamlit_auth::Call<'_>| call.renew();
        self.guarded(|| waiting(py, &core, timeout, renew))
    }

    /// Discards the token that these headers or this token hold, because a server answered 401 to it; no newer one.
    /// True: asking again gives another one.
    fn invalidate(&self, issued: Issued<'_>) -> Result<bool> {
        let generation = match issued {
            Issued::Headers(headers) => headers.get().number(),
            Issued::Token(token) => token.get().number(),
        };
        let core = self.core()?;
        self.guarded(|| Ok(core.invalidate(generation)))
    }

    /// Which credential is used and why. Local, asks nobody.
    fn explain(&self) -> Result<Explanation> {
        let core = self.core()?;
        self.guarded(|| Ok(Explanation::new(core.explain())))
    }

    /// Ends the stored login: revokes its refresh token where the server can, then forgets it, and says which of the
    /// two happened. A server that cannot be reached does not keep the login. A credential that the caller holds is no
    /// login. `timeout` and Ctrl-C end the wait; the logout goes on to its end.
    #[pyo3(signature = (*, timeout=None))]
    fn logout<'py>(&self, py: Python<'py>, timeout: Option<Seconds>) -> Result<Bound<'py, PyAny>> {
        static LOGOUT: Imported = Imported::new("beamlit_auth._logout", "Logout");
        let core = self.core()?;
        let logout = |call: beamlit_auth::Call<'_>| call.logout();
        let done = self.guarded(|| waiting(py, &core, timeout, logout))?;
        Ok(LOGOUT.get(py)?.call1((done.revoked, done.deleted))?)
    }

    /// The same calls for coroutines: `await session.aio.headers(url)`. Holds nothing and belongs to no loop.
    #[getter]
    fn aio<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        adapter::made(slf, "beamlit_auth.aio", intern!(slf.py(), "Session"))
    }

    /// For `httpx.Client(auth=…)` and `httpx.AsyncClient(auth=…)`: attaches the headers and answers a 401 with one
    /// renewal and one replay. Safe to share.
    fn httpx<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        adapter::made(slf, "beamlit_auth._httpx", intern!(slf.py(), "httpx"))
    }

    /// For `httpx2.Client(auth=…)` and `httpx2.AsyncClient(auth=…)`, as `httpx()`.
    fn httpx2<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        adapter::made(slf, "beamlit_auth._httpx", intern!(slf.py(), "httpx2"))
    }

    /// For `aiohttp.ClientSession(middlewares=[…])` of aiohttp 3.12 or later, as `httpx()`.
    fn aiohttp<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        adapter::made(slf, "beamlit_auth._aiohttp", intern!(slf.py(), "aiohttp"))
    }

    /// For `urllib.request.build_opener(…)`, as `httpx()`.
    fn urllib<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        adapter::made(slf, "beamlit_auth._urllib", intern!(slf.py(), "urllib"))
    }

    /// A `urllib3.PoolManager`, urllib3 having no parameter of its own for this; otherwise as `httpx()`.
    fn urllib3<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        adapter::made(slf, "beamlit_auth._urllib3", intern!(slf.py(), "urllib3"))
    }

    /// Options for `fsspec.open(url, **…)`, and whatever takes `storage_options` for a URL, as `aiohttp()`.
    fn fsspec<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        adapter::made(slf, "beamlit_auth._aiohttp", intern!(slf.py(), "fsspec"))
    }

    /// Forgets the tokens and closes the connections. Never blocks; what waits now is still served.
    fn close(&self) {
        self.state.store(None);
    }

    fn __call__<'py>(slf: &Bound<'py, Self>, request: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>> {
        adapter::attach(slf, request)
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exc))]
    fn __exit__(&self, _exc: &Bound<'_, PyAny>) {
        self.close();
    }

    fn __repr__(&self, py: Python<'_>) -> Result<String> {
        let Ok(core) = self.core() else { return Ok("<Session closed>".to_owned()) };
        let (credential, expires_at) = self.guarded(|| Ok((core.credential(), core.expires_at())))?;
        let expiry = expires_at.map(|at| format!(" {}", expires(at))).unwrap_or_default();
        let workspace = self.workspace.as_ref().map_or_else(
            || Ok("None".to_owned()),
            |name| name.bind(py).repr().map(|name| name.to_string()),
        )?;
        Ok(format!("<Session {} workspace={workspace} credential={credential}{expiry}>", core.platform()))
    }

    /// A pickle carries the settings; where it is read the credential is looked up again.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, settings) = (slf.py(), &slf.get().settings);
        let Some(keywords) = settings.picklable(py)? else {
            return Err(not_pickled("a Session with an explicit secret"));
        };
        let open = py.import("copyreg")?.getattr("__newobj_ex__")?;
        let arguments = (slf.get_type(), (settings.workspace.as_deref(),), keywords);
        Ok((open, arguments.into_pyobject(py)?))
    }
}

/// What `session.headers(url, method=method)` gives without waiting; None if that may wait.
#[pyfunction]
pub(crate) fn headers_at_once(
    py: Python<'_>,
    session: &Session,
    url: &str,
    method: &str,
) -> Result<Option<Py<Headers>>> {
    at_once(session.headers_or(py, url, method, |core, generation| {
        Ok(core.call().method(method).at_once().headers_since(url, generation)?)
    }))
}

/// What `session.token(min_valid=min_valid)` gives without waiting; None if that may wait.
#[pyfunction]
pub(crate) fn token_at_once(session: &Session, min_valid: Option<Seconds>) -> Result<Option<Token>> {
    let core = session.core()?;
    at_once(session.guarded(|| Ok(Token::new(lasting(core.call().at_once(), min_valid).token()?))))
}

/// The time limit of the session's calls, in seconds.
#[pyfunction]
pub(crate) fn time_limit(session: &Session) -> Result<f64> {
    Ok(session.core()?.call().time_limit().as_secs_f64())
}

fn at_once<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(given) => Ok(Some(given)),
        Err(Failure::Core(error)) if error.kind() == ErrorKind::DeadlineExceeded => Ok(None),
        Err(error) => Err(error),
    }
}

fn lasting(call: beamlit_auth::Call<'_>, min_valid: Option<Seconds>) -> beamlit_auth::Call<'_> {
    match min_valid {
        Some(Seconds(min_valid)) => call.min_valid(min_valid),
        None => call,
    }
}

/// What `invalidate` takes.
#[derive(FromPyObject)]
enum Issued<'py> {
    Headers(Bound<'py, Headers>),
    Token(Bound<'py, Token>),
}
