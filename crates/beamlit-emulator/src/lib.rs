//! A local Beamlit: authorization server and protected API on 127.0.0.1, for tests, demos and people without an
//! account.
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use beamlit_emulator::{Emulator, Fault};
//!
//! let emulator = Emulator::start()?;
//! let (client_id, client_secret) = emulator.client_credentials("acme");
//! emulator.fault(Fault::new("/oauth/token").status(503).times(1));
//! // … the program under test runs with BL_API_URL = emulator.api_url() …
//! emulator.advance(7200); // and two hours later
//! assert_eq!(emulator.token_requests(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! Each [`Emulator`] is a thread with its own port, clock, accounts and faults; nothing is shared between two of them.
//! It listens on 127.0.0.1 only and answers 403 to a request that names another host. A request body has 1 MiB at
//! most.
//!
//! # What it serves
//!
//! | path | |
//! |---|---|
//! | `GET /v0/.well-known/openid-configuration`, `GET /.well-known/oauth-authorization-server/v0` | metadata of the issuer `…/v0` (RFC 8414) |
//! | `GET /.well-known/openid-configuration`, `GET /.well-known/oauth-authorization-server` | metadata of the issuer without a path |
//! | `POST /v0/oauth/token` | the token endpoint: `client_credentials`, in the [`Dialect`] of choice |
//! | `GET /v0/models`, `GET /v0/workspaces`, `GET /v0/workspaces/{name}` | the protected API |
//! | `GET`, `POST /v0/service_accounts`, `PUT`, `DELETE /v0/service_accounts/{client_id}` | service accounts of the workspace |
//! | `GET`, `POST /v0/service_accounts/{client_id}/api_keys`, `DELETE …/{id}` | their API keys |
//!
//! The protected API takes an access token or an API key after `Bearer` in `Authorization`,
//! `X-Beamlit-Authorization` or `X-Blaxel-Authorization`, and a bare API key in `Api-Key`, `X-Beamlit-Api-Key` or
//! `X-Blaxel-Api-Key`. The workspace is that of `X-Beamlit-Workspace`, `X-Blaxel-Workspace` or `?workspace=` for the
//! user, and always its own for a service account. There is one user, and any name is a workspace of theirs.
//!
//! # The mark
//!
//! Every credential says that it is no real one: JSON Web Tokens have the header `kid` "emulator", API keys, client
//! ids, client secrets and opaque tokens have `EMULATOR` after their prefix.
//!
//! # From other languages
//!
//! [`serve()`] runs an emulator as a program; tests steer it over HTTP with JSON bodies (`Content-Type:
//! application/json` is required). These paths are neither recorded nor subject to faults.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /_emulator/fault` | the names of [`Fault`]: `path`, `method`, `times`, `skip`, `delay_s`, `after`, `drop`, `hang`, `status`, `redirect`, `retry_after`, `headers`, `content_type`, `body` (text), `size` | 204 |
//! | `DELETE /_emulator/faults` | | 204 |
//! | `POST /_emulator/advance` | `{"seconds": 7200}` | 204 |
//! | `GET /_emulator/requests` | | `{"requests": […], "token_requests": 1, "connections": 1}` |
//! | `POST /_emulator/api_key` | `{"workspace": "acme"}` | `{"api_key": "…"}` |
//! | `POST /_emulator/client_credentials` | `{"workspace": "acme"}` | `{"client_id": "…", "client_secret": "…"}` |
//! | `POST /_emulator/settings` | any members of [`Settings`] | all of them |
//! | `GET /_emulator/settings` | | all of them |
//!
//! A recorded request holds `time` (Unix seconds), `method`, `path`, `query`, `headers` (pairs), `body` (text) and
//! `status`.
#![forbid(unsafe_code)]

mod answer;
mod caller;
mod client;
mod clock;
mod directory;
mod emulator;
mod fault;
mod host;
mod mint;
mod params;
mod recording;
mod routes;
mod serve;
mod server;
mod settings;
mod state;

pub use emulator::{Emulator, Options};
pub use fault::Fault;
pub use recording::RecordedRequest;
pub use serve::{Announcement, serve};
pub use settings::{Dialect, Settings};
