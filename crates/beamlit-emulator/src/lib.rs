//! A local Beamlit: authorization server and protected API on 127.0.0.1, for tests, demos and people without an
//! account.
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! use beamlit_emulator::{Emulator, Fault};
//!
//! let emulator = Emulator::start()?;
//! let (client_id, client_secret) = emulator.client_credentials("acme");
//! let login = emulator.login("acme"); // of a person, with a refresh token
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
//! | `POST /v0/login/device`, `POST /v0/oauth/device_authorization` | the device authorization endpoint (RFC 8628); the metadata name the first in the platform's dialect, the second in the strict one |
//! | `POST /v0/oauth/token` | the token endpoint: `client_credentials`, `device_code`, `refresh_token`, in the [`Dialect`] of choice |
//! | `POST /v0/oauth/revoke` | the revocation endpoint (RFC 7009), where [`Settings::revocation`] has it |
//! | `GET /v0/models`, `GET /v0/workspaces`, `GET /v0/workspaces/{name}` | the protected API |
//! | `GET`, `POST /v0/service_accounts`, `PUT`, `DELETE /v0/service_accounts/{client_id}` | service accounts of the workspace |
//! | `GET`, `POST /v0/service_accounts/{client_id}/api_keys`, `DELETE …/{id}` | their API keys |
//! | `GET /device` | the page where a person approves or denies a device login |
//! | `GET /`, `GET /profile/security`, `GET /workspaces/{name}/service-accounts` | the rest of the console: API keys and service accounts, made and deleted |
//!
//! The protected API takes an access token or an API key after `Bearer` in `Authorization`,
//! `X-Beamlit-Authorization` or `X-Blaxel-Authorization`, and a bare API key in `Api-Key`, `X-Beamlit-Api-Key` or
//! `X-Blaxel-Api-Key`. The workspace is that of `X-Beamlit-Workspace`, `X-Blaxel-Workspace` or `?workspace=` for the
//! user, and always its own for a service account. There is one user, and any name is a workspace of theirs.
//!
//! # Logins
//!
//! A device login is approved on its page, or by [`Emulator::approve`]; [`Emulator::login`] gives one that is there
//! already. What a renewal does to the refresh token is [`Settings::rotation`], and [`Emulator::reuse_events`] says
//! whether a client ever sent a spent one. A [`Fault`] of the token endpoint happens before the request is processed,
//! so that nothing is spent; with [`Fault::after`] the token is spent and the answer is lost.
//!
//! The pages need neither password nor script, load nothing, and can be used by keyboard alone.
//!
//! # The mark
//!
//! Every credential says that it is no real one: JSON Web Tokens have the header `kid` "emulator", API keys, client
//! ids, client secrets, device codes, refresh tokens and opaque tokens have `EMULATOR` after their prefix. A user code
//! has no mark.
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
//! | `POST /_emulator/login` | `{"workspace": "acme"}`, and `client_id` if it is not `beamlit` | the members of [`Login`] |
//! | `GET /_emulator/pending` | | an array with the members of [`PendingLogin`] |
//! | `POST /_emulator/approve`, `POST /_emulator/deny` | `{"user_code": "WDJB-MJHT"}` | 204, or 404 if none such is pending |
//! | `POST /_emulator/revoke` | `{"token": "…"}` | 204, or 404 if it is no good token |
//! | `GET /_emulator/counters` | | `{"token_requests": {"all": 3, "client_credentials": 1, "device_code": 1, "refresh_token": 1}, "reuse_events": 0, "connections": 3}` |
//! | `POST /_emulator/settings` | any members of [`Settings`] | all of them |
//! | `GET /_emulator/settings` | | all of them |
//!
//! A recorded request holds `time` (Unix seconds), `method`, `path`, `query`, `headers` (pairs), `body` (text) and
//! `status`.
#![forbid(unsafe_code)]

mod access_token;
mod answer;
mod caller;
mod client;
mod clock;
mod data;
mod device;
mod directory;
mod emulator;
mod family;
mod fault;
mod grants;
mod host;
mod key_draft;
mod login;
mod mint;
mod oauth_error;
mod oauth_request;
mod options;
mod pages;
mod params;
mod recording;
mod rotation;
mod routes;
mod serve;
mod server;
mod settings;
mod state;
mod token_requests;

pub use emulator::Emulator;
pub use fault::Fault;
pub use login::{Login, PendingLogin};
pub use options::Options;
pub use recording::RecordedRequest;
pub use rotation::{RefreshAnswer, Rotation};
pub use serve::{Announcement, serve};
pub use settings::{Dialect, Pending, Settings};
