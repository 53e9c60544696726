//! Settings: the keywords of `Session`, `login` and `explain`.

use std::path::PathBuf;

use beamlit_auth::{Config, Platform};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::credential::{Credential, DeviceLogin};
use crate::seconds::Seconds;
use crate::store::{Object, WANTED};

/// Every keyword, as the package's stubs list them.
const KEYWORDS: &[&str] = &[
    "credential",
    "platform",
    "api_url",
    "origins",
    "header",
    "rotation",
    "share",
    "store",
    "passphrase",
    "background_refresh",
    "timeout",
    "ca_file",
    "proxy",
    "user_agent",
];

/// What the caller set.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) workspace: Option<String>,
    keywords: Py<PyDict>,
}

impl Settings {
    /// Reads the keywords of `callable`. None is as good as not given.
    ///
    /// # Errors
    /// `TypeError` that names the keyword; never its value, which may be a secret in the wrong place.
    pub(crate) fn read(
        py: Python<'_>,
        callable: &str,
        workspace: Option<String>,
        given: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut config = workspace.iter().fold(Config::new(), Config::workspace);
        let keywords = PyDict::new(py);
        for (name, value) in given.into_iter().flatten() {
            let name: String = name.extract()?;
            let value = if name == "origins" && !value.is_none() { list(&value)? } else { value };
            config = set(config, callable, &name, &value)?;
            keywords.set_item(name, value)?;
        }
        Ok(Self { config, workspace, keywords: keywords.unbind() })
    }

    /// The keywords once more, for pickle; `None` if one of them holds a secret.
    pub(crate) fn picklable<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let keywords = self.keywords.bind(py).copy()?;
        let secret = keywords.iter().any(|(name, value)| is_secret(&name, &value));
        Ok((!secret).then_some(keywords))
    }

    /// The same for the login that lies in the store for `workspace`, if one is named there, whatever the environment
    /// holds.
    pub(crate) fn stored(&self, py: Python<'_>, workspace: Option<&str>) -> PyResult<Self> {
        let keywords = self.keywords.bind(py).copy()?;
        let mut config = workspace.into_iter().fold(self.config.clone(), Config::workspace);
        let named = self.credential(py)?.is_some_and(|credential| credential.is_instance_of::<DeviceLogin>());
        if !named {
            let login = Bound::new(py, DeviceLogin::new(None, None))?;
            config = config.credential(login.as_super().get().core());
            keywords.set_item("credential", login)?;
        }
        let workspace = workspace.map(str::to_owned).or_else(|| self.workspace.clone());
        Ok(Self { config, workspace, keywords: keywords.unbind() })
    }

    /// Whether a login with these settings is approved by somebody, rather than made of what the caller holds.
    pub(crate) fn waits_for_a_person(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.credential(py)?.is_none_or(|credential| credential.is_instance_of::<DeviceLogin>()))
    }

    fn credential<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.keywords.bind(py).get_item("credential")?.filter(|credential| !credential.is_none()))
    }
}

/// Sets the one of this name.
fn set(config: Config, callable: &str, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Config> {
    let wrong = |wanted: &str| mistyped(callable, name, wanted, value);
    let text =
        || value.cast::<PyString>().map_err(|_| wrong("str")).and_then(|text| text.extract::<String>());
    let credential = || value.cast::<Credential>().map_err(|_| wrong("a credential, such as ApiKey(...)"));
    Ok(match name {
        _ if value.is_none() && KEYWORDS.contains(&name) => config,
        "credential" => config.credential(credential()?.get().core()),
        "platform" => config.platform(Platform::from(text()?.as_str())),
        "api_url" => config.api_url(text()?),
        "origins" => {
            let origins = value.extract::<Vec<String>>().map_err(|_| wrong("a list of str"))?;
            origins.into_iter().fold(config, Config::allow_origin)
        }
        "header" => config.header(text()?),
        "rotation" => config.rotation(text()?),
        "share" => config.share(value.extract().map_err(|_| wrong("bool"))?),
        "store" => match Object::new(value) {
            Some(object) => config.store(object),
            None => config.store(text().map_err(|_| wrong(WANTED))?),
        },
        "passphrase" => config.passphrase(text()?),
        "background_refresh" => config.background_refresh(value.extract().map_err(|_| wrong("bool"))?),
        "timeout" => config.timeout(Seconds::new(value.extract().map_err(|_| wrong("a number"))?)?.0),
        "ca_file" => config.ca_file(value.extract::<PathBuf>().map_err(|_| wrong("str or a path"))?),
        "proxy" => config.proxy(text()?),
        "user_agent" => config.user_agent(text()?),
        _ => return Err(unexpected(callable, name)),
    })
}

fn mistyped(callable: &str, name: &str, wanted: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let got = value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{callable}() argument '{name}' must be {wanted}, not {got}"))
}

fn unexpected(callable: &str, name: &str) -> PyErr {
    PyTypeError::new_err(format!("{callable}() got an unexpected keyword argument '{name}'"))
}

/// Any iterable as a list, but not a text, whose characters would be taken for origins.
fn list<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if value.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("origins must be a list of str, not one str"));
    }
    let origins: Vec<Bound<'py, PyAny>> = value.try_iter()?.collect::<PyResult<_>>()?;
    Ok(PyList::new(value.py(), origins)?.into_any())
}

/// A credential is one unless it only names a login, and the URL of a proxy or a store may hold a password.
fn is_secret(name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> bool {
    match name.extract::<&str>() {
        Ok("credential") => !value.is_none() && !value.is_instance_of::<DeviceLogin>(),
        Ok("passphrase") => !value.is_none(),
        Ok("proxy" | "store") => value.extract::<String>().is_ok_and(|url| url.contains('@')),
        _ => false,
    }
}
