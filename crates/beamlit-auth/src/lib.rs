//! Login and credentials for the Beamlit platform, and for any other OAuth 2.0 server, in programs that are no web
//! servers: scripts, notebooks, services, C and C++ applications.
//!
//! A [`Config`] holds a [`Credential`] and settings; [`Session::open`] gives a [`Session`]; a session gives
//! [`Headers`] for a URL, or a [`Token`].
//!
//! ```no_run
//! use beamlit_auth::{Config, Session};
//!
//! let session = Session::open(Config::new().workspace("acme"))?;
//! for (name, value) in &session.headers("https://api.beamlit.com/v0/models")? {
//!     // attach name and value to the request
//! # let _ = (name, value);
//! }
//! # Ok::<(), beamlit_auth::Error>(())
//! ```
//!
//! Everything blocks, and every wait is bounded. Everything may be called from any thread. Nothing is printed, and
//! no thread outlives the renewal that it was started for, but for the one of [`Config::background_refresh`].
//!
//! # Logging
//! Events go to the `log` crate under the target `beamlit_auth` and never hold a secret. The HTTP library below logs
//! whole requests and answers at `TRACE` under its own targets, tokens included: a program that installs a logger
//! at that level must leave out every target that begins with `ureq` or `rustls`, or cap `log` at compile time
//! (`log = { features = ["release_max_level_info", "max_level_info"] }`), as this project's own artefacts do.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod cache;
mod chain;
mod config;
mod credential;
mod emulator_mark;
mod error;
mod explain;
mod flight;
mod flows;
mod fork;
mod grant;
mod headers;
mod http;
mod login;
mod metadata;
mod net;
mod origin;
mod platform;
mod printable;
mod record;
mod renewal;
mod scope;
mod secret;
mod session;
mod shutdown;
pub mod store;
mod sys;
mod token;
mod wire;
mod workspaces;

#[cfg(all(test, simulation))]
#[path = "../tests/simulation/mod.rs"]
mod simulation;

pub use config::Config;
pub use credential::{ApiKey, ClientCredentials, Credential, DeviceLogin, RefreshToken};
pub use error::{Error, ErrorKind, Reason, Result};
pub use explain::Explanation;
pub use fork::forked;
pub use headers::{Headers, Iter as HeadersIter};
pub use login::Login;
pub use platform::Platform;
pub use session::{Call, Logout, Session};
pub use shutdown::{shutdown, shutdown_spending, shutdown_while};
pub use token::Token;
pub use workspaces::Workspaces;
