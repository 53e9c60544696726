//! The module `beamlit_auth._native`: a translation of the core into Python, one file per noun.
//!
//! Everything that waits gives up the interpreter's lock and looks after signals; nothing here decides anything about
//! OAuth or HTTP. The names are published by the package `beamlit_auth`.
#![forbid(unsafe_code)]

mod adapter;
mod credential;
mod error;
mod explanation;
mod headers;
mod imported;
mod login;
mod panic;
mod requests;
mod seconds;
mod session;
mod settings;
mod store;
mod token;
mod wait;
mod workspaces;

use std::ffi::OsString;

use pyo3::prelude::*;

use crate::error::Result;
use crate::panic::guard;
use crate::seconds::Seconds;

const _: () = assert!(
    log::STATIC_MAX_LEVEL as usize <= log::LevelFilter::Info as usize,
    "the HTTP library logs tokens below info, so the cap of this crate's Cargo.toml has to hold"
);

/// The engine of `beamlit_auth`; import that package instead.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::{cli, forked, shutdown};
    #[pymodule_export]
    use crate::credential::{ApiKey, ClientCredentials, Credential, DeviceLogin, RefreshToken};
    #[pymodule_export]
    use crate::explanation::{Explanation, explain};
    #[pymodule_export]
    use crate::headers::Headers;
    #[pymodule_export]
    use crate::login::{Login, find_login, start_login};
    #[pymodule_export]
    use crate::requests::Answers;
    #[pymodule_export]
    use crate::session::{Session, headers_at_once, time_limit, token_at_once};
    #[pymodule_export]
    use crate::store::store_conformance;
    #[pymodule_export]
    use crate::token::Token;
    #[pymodule_export]
    use crate::wait::Wait;
    #[pymodule_export]
    use crate::workspaces::workspaces;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("KINDS", crate::error::kinds())?;
        #[cfg(debug_assertions)]
        module.setattr("_panic", wrap_pyfunction!(crate::panic::_panic, module)?)?;
        crate::headers::register(module.py())?;
        crate::error::load(module.py())?;
        // The package loads nothing at its import, and whoever has this module has the end of the process wait.
        let register = module.py().import("beamlit_auth._exit")?.getattr("register")?;
        register.call1((module.getattr("shutdown")?, module.getattr("forked")?)).map(drop)
    }
}

/// Runs the command line with the arguments after the program's name; gives the exit code.
#[pyfunction]
fn cli(py: Python<'_>, argv: Vec<OsString>) -> Result<i32> {
    let code = guard(|| Ok(py.detach(|| beamlit_cli::run(argv))));
    // The command has waited for what must not be cut off.
    wait::hurry();
    code
}

/// Lets go, in a forked child, of what is its parent's.
#[pyfunction]
fn forked() {
    beamlit_auth::forked();
}

/// Waits for what this process has under way, `limit` seconds at most; whether nothing is left. After Ctrl-C, which
/// `interrupted` tells of, it waits for renewals that have sent what they spend, and for nothing else.
#[pyfunction]
#[pyo3(signature = (limit, *, interrupted=false))]
fn shutdown(py: Python<'_>, limit: Seconds, interrupted: bool) -> Result<bool> {
    guard(|| wait::to_the_end(py, limit, interrupted))
}
