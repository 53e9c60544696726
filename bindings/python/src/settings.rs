//! Settings: the keywords of `Session` and `explain`.

use std::path::PathBuf;

use beamlit_auth::{Config, Platform};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::credential::Credential;
use crate::seconds::Seconds;

/// Every keyword, as the package's stubs list them.
const KEYWORDS: &[&str] =
    &["credential", "platform", "api_url", "origins", "header", "timeout", "ca_file", "proxy", "user_agent"];

/// What the caller set.
pub(crate) struct Settings {
    pub(crate) config: Config,
    /// What a pickle carries; `None` if there is a secret in it.
    pub(crate) arguments: Option<Arguments>,
}

/// What the caller passed, as `Session` takes it: the workspace, and the keywords without a secret.
pub(crate) struct Arguments {
    pub(crate) workspace: Option<String>,
    pub(crate) keywords: Py<PyDict>,
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
        let (kept, mut secret) = (PyDict::new(py), false);
        for (name, value) in given.into_iter().flatten() {
            let name: String = name.extract()?;
            let value = if name == "origins" && !value.is_none() { list(&value)? } else { value };
            secret |= is_secret(&name, &value);
            config = set(config, callable, &name, &value)?;
            kept.set_item(name, value)?;
        }
        let arguments = (!secret).then(|| Arguments { workspace, keywords: kept.unbind() });
        Ok(Self { config, arguments })
    }
}

fn set(config: Config, callable: &str, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Config> {
    let wrong = |wanted: &str| {
        let got = value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!("{callable}() argument '{name}' must be {wanted}, not {got}"))
    };
    let text =
        || value.cast::<PyString>().map_err(|_| wrong("str")).and_then(|text| text.extract::<String>());
    Ok(match name {
        _ if value.is_none() && KEYWORDS.contains(&name) => config,
        "credential" => {
            let credential =
                value.cast::<Credential>().map_err(|_| wrong("a credential, such as ApiKey(...)"))?;
            config.credential(credential.get().core())
        }
        "platform" => config.platform(Platform::from(text()?.as_str())),
        "api_url" => config.api_url(text()?),
        "origins" => {
            let origins: Vec<String> = value.extract().map_err(|_| wrong("a list of str"))?;
            origins.into_iter().fold(config, Config::allow_origin)
        }
        "header" => config.header(text()?),
        "timeout" => config.timeout(Seconds::new(value.extract().map_err(|_| wrong("a number"))?)?.0),
        "ca_file" => config.ca_file(value.extract::<PathBuf>().map_err(|_| wrong("str or a path"))?),
        "proxy" => config.proxy(text()?),
        "user_agent" => config.user_agent(text()?),
        _ => {
            let message = format!("{callable}() got an unexpected keyword argument '{name}'");
            return Err(PyTypeError::new_err(message));
        }
    })
}

/// Any iterable as a list, but not a text, whose characters would be taken for origins.
fn list<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if value.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("origins must be a list of str, not one str"));
    }
    let origins: Vec<Bound<'py, PyAny>> = value.try_iter()?.collect::<PyResult<_>>()?;
    Ok(PyList::new(value.py(), origins)?.into_any())
}

/// A credential is one, and a proxy's URL may hold a password.
fn is_secret(name: &str, value: &Bound<'_, PyAny>) -> bool {
    match name {
        "credential" => !value.is_none(),
        "proxy" => value.extract::<String>().is_ok_and(|url| url.contains('@')),
        _ => false,
    }
}
