//! Credentials: one class per kind. Their secrets stay on this side; no attribute of Python's shows one.

use pyo3::prelude::*;

use crate::error::Result;
use crate::token::not_pickled;

/// What the caller holds: an `ApiKey`, `ClientCredentials`. Immutable, printed without its secret, without equality.
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
