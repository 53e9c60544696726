//! Credentials: one class per kind. Their secrets stay on this side; no attribute of Python's shows one.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::Result;
use crate::token::not_pickled;

/// What the caller holds: an `ApiKey`, `ClientCredentials`, `DeviceLogin`, `RefreshToken`. Immutable, printed without its secret, without equality.
#[pyclass(frozen, subclass, module = "beamlit_auth")]
pub(crate) struct Credential(beamlit_auth::Credential);

impl Credential {
    /// The core's own.
    pub(crate) fn core(&self) -> beamlit_auth::Credential {
        self.0.clone()
    }
}

#[pymethods]
impl Credential {
    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }

    #[expect(clippy::unused_self, reason = "Python passes it")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_pickled("a credential"))
    }
}

/// A long-lived API key of the platform. It is sent as it is and never renewed.
#[pyclass(frozen, extends = Credential, module = "beamlit_auth")]
pub(crate) struct ApiKey;

#[pymethods]
impl ApiKey {
    #[new]
    fn new(api_key: &str) -> PyClassInitializer<Self> {
        let key = beamlit_auth::ApiKey::new(api_key);
        PyClassInitializer::from(Credential(key.into())).add_subclass(Self)
    }
}

/// A client's identifier and secret: a service account (RFC 6749 §4.4).
///
/// `scope` is what to ask for (RFC 6749 §3.3), words separated by blanks; `audience` and `resource` (RFC 8707 §2) name
/// whom the token is for; `token_endpoint_auth_method` is `client_secret_basic` or `client_secret_post`, where the
/// server's metadata does not say it right.
#[pyclass(frozen, extends = Credential, module = "beamlit_auth")]
pub(crate) struct ClientCredentials;

#[pymethods]
impl ClientCredentials {
    #[new]
    #[pyo3(signature = (client_id, client_secret, *, scope=None, audience=None, resource=None,
                        token_endpoint_auth_method=None))]
    fn new(
        client_id: &str,
        client_secret: &str,
        scope: Option<&str>,
        audience: Option<&str>,
        resource: Option<&str>,
        token_endpoint_auth_method: Option<&str>,
    ) -> PyClassInitializer<Self> {
        let client = beamlit_auth::ClientCredentials::new(client_id, client_secret);
        Self::with_fields(client, [scope, audience, resource, token_endpoint_auth_method])
    }

    /// Reads `client_id:client_secret`, or the base64 of it, the form in which the platform hands them out.
    #[staticmethod]
    #[pyo3(signature = (text, *, scope=None, audience=None, resource=None, token_endpoint_auth_method=None))]
    fn decode(
        py: Python<'_>,
        text: &str,
        scope: Option<&str>,
        audience: Option<&str>,
        resource: Option<&str>,
        token_endpoint_auth_method: Option<&str>,
    ) -> Result<Py<Self>> {
        let client = beamlit_auth::ClientCredentials::decode(text)?;
        let made = Self::with_fields(client, [scope, audience, resource, token_endpoint_auth_method]);
        Ok(Py::new(py, made)?)
    }
}

impl ClientCredentials {
    /// `client` with what is given of scope, audience, resource and the method of client authentication.
    fn with_fields(
        mut client: beamlit_auth::ClientCredentials,
        [scope, audience, resource, method]: [Option<&str>; 4],
    ) -> PyClassInitializer<Self> {
        if let Some(scope) = scope {
            client = client.scope(scope);
        }
        if let Some(audience) = audience {
            client = client.audience(audience);
        }
        if let Some(resource) = resource {
            client = client.resource(resource);
        }
        if let Some(method) = method {
            client = client.token_endpoint_auth_method(method);
        }
        PyClassInitializer::from(Credential(client.into())).add_subclass(Self)
    }
}

/// A login that a person approves in a browser, on this or any other device (RFC 8628). It holds no secret: to a
/// `Session` it says whose login is to be found in the store, whatever key the environment holds.
///
/// `client_id` is the client that asks, by default the platform's own; `scope` is what to ask for, by default
/// `offline_access`, without which many servers give no refresh token, and none where the server lists its scopes without
/// that one.
#[pyclass(frozen, extends = Credential, module = "beamlit_auth")]
pub(crate) struct DeviceLogin {
    client_id: Option<String>,
    scope: Option<String>,
}

#[pymethods]
impl DeviceLogin {
    #[new]
    #[pyo3(signature = (*, client_id=None, scope=None))]
    pub(crate) fn new(client_id: Option<String>, scope: Option<String>) -> PyClassInitializer<Self> {
        let mut login = beamlit_auth::DeviceLogin::new();
        if let Some(client_id) = &client_id {
            login = login.client_id(client_id);
        }
        if let Some(scope) = &scope {
            login = login.scope(scope);
        }
        PyClassInitializer::from(Credential(login.into())).add_subclass(Self { client_id, scope })
    }

    /// The one kind that is pickled: there is no secret in it.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, login) = (slf.py(), slf.get());
        let fields = PyDict::new(py);
        fields.set_item("client_id", login.client_id.as_deref())?;
        fields.set_item("scope", login.scope.as_deref())?;
        let make = py.import("copyreg")?.getattr("__newobj_ex__")?;
        Ok((make, (slf.get_type(), PyTuple::empty(py), fields).into_pyobject(py)?))
    }
}

/// A refresh token from elsewhere, kept in the memory of one session (RFC 6749 §6). Most servers take each one once,
/// so nothing else may use it.
///
/// `client_id` is the client that it was issued to, by default the platform's own; `scope` is what was granted with it.
#[pyclass(frozen, extends = Credential, module = "beamlit_auth")]
pub(crate) struct RefreshToken;

#[pymethods]
impl RefreshToken {
    #[new]
    #[pyo3(signature = (refresh_token, *, client_id=None, scope=None))]
    fn new(refresh_token: &str, client_id: Option<&str>, scope: Option<&str>) -> PyClassInitializer<Self> {
        let mut token = beamlit_auth::RefreshToken::new(refresh_token);
        if let Some(client_id) = client_id {
            token = token.client_id(client_id);
        }
        if let Some(scope) = scope {
            token = token.scope(scope);
        }
        PyClassInitializer::from(Credential(token.into())).add_subclass(Self)
    }
}
