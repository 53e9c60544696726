//! The one error type, and the closed list of kinds that every face mirrors.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::printable::printable;

/// What every fallible call of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Longest `error_description` that is kept, in characters; servers may send any amount (RFC 6749 §5.2 names no limit).
const DESCRIPTION_LIMIT: usize = 512;
/// Longest `error` code that is kept, in characters.
const CODE_LIMIT: usize = 64;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal, $retry:literal;)*) => {
        /// What went wrong, in one word. The number, the C constant, the Python class, the JSON word and the exit
        /// code of the command line all derive from this list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $($(#[$doc])* $name,)* }

        impl ErrorKind {
            /// Every kind, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The kind's word in JSON and in C's `beamlit_status_name`, for example `login_required`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The kind's stable number, the value of the C constant. Never reused; 1000 and up.
            pub const fn code(self) -> i32 {
                match self { $(Self::$name => $code,)* }
            }

            /// Whether the same call may succeed later without anything being changed.
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$name => $retry,)* }
            }
        }
    };
}

kinds! {
    /// A bug or a panic of this library. Report it; the handle that met it is closed.
    InternalError = 1000, "internal_error", false;
    /// An argument that cannot be used: a null pointer, bad UTF-8, a bad URL or name, an unknown field.
    InvalidArgument = 2000, "invalid_argument", false;
    /// A setting, a variable or a file entry that cannot be used, or two that contradict each other.
    InvalidConfig = 2001, "invalid_config", false;
    /// The URL is no origin of this session (setting `allow_origin`), or an emulator's token would leave the machine.
    OriginRefused = 2002, "origin_refused", false;
    /// The server's metadata or this build lacks what was asked for.
    Unsupported = 2003, "unsupported", false;
    /// The session or login was closed, has finished or has failed before.
    Closed = 2004, "closed", false;
    /// Nobody is logged in, or the login is of no use any more; [`Error::reason`] says which.
    LoginRequired = 3000, "login_required", false;
    /// The code of a login, or the wait for the browser, ran out (`expired_token`, RFC 8628 §3.5).
    LoginExpired = 3001, "login_expired", false;
    /// Name lookup, connect, reset, or an answer that was cut off.
    NetworkError = 4000, "network_error", true;
    /// The server's certificate or TLS version was refused; the message says which check failed.
    TlsError = 4001, "tls_error", false;
    /// The proxy refused, or wants credentials (407); setting `proxy`, variable `HTTPS_PROXY`.
    ProxyError = 4002, "proxy_error", false;
    /// The caller's time limit passed; setting `timeout`.
    DeadlineExceeded = 4003, "deadline_exceeded", true;
    /// The server asked for fewer requests (429).
    RateLimited = 4004, "rate_limited", true;
    /// The server cannot answer now: 5xx, 408, `server_error`, `temporarily_unavailable`.
    ServerUnavailable = 4005, "server_unavailable", true;
    /// An answer that the RFC does not allow: HTML, malformed, too large, a redirect, a wrong type or status.
    InvalidResponse = 4006, "invalid_response", false;
    /// An issuer, state, nonce, signature or `token_type` is not the expected one. Worth an alert.
    VerificationFailed = 4007, "verification_failed", false;
    /// Any other OAuth `error` of the server (RFC 6749 §5.2).
    OauthError = 4008, "oauth_error", false;
    /// The store cannot be used now: permission, full disk, no connection.
    StoreUnavailable = 5000, "store_unavailable", true;
    /// The store's own key is missing, locked or wrong.
    StoreLocked = 5001, "store_locked", false;
    /// Another holder outlasted the wait, or another host wrote first.
    StoreBusy = 5002, "store_busy", true;
    /// An entry of the store fails its check and could not be set aside.
    StoreCorrupt = 5003, "store_corrupt", false;
    /// The person refused (`access_denied`), or the server answered 403.
    AccessDenied = 6000, "access_denied", false;
    /// `invalid_client`, `unauthorized_client`, or an API key that the platform does not accept.
    InvalidClient = 6001, "invalid_client", false;
    /// The caller's own code, assertion, subject token or refresh token was refused.
    InvalidGrant = 6002, "invalid_grant", false;
    /// `invalid_scope` or `invalid_target` (RFC 8707 §2).
    InvalidScope = 6003, "invalid_scope", false;
    /// The wait was given up by `cancel`, or by Ctrl-C on the command line.
    Cancelled = 130_000, "cancelled", false;
}

impl ErrorKind {
    /// The exit code of the command line: the number's family, so `code / 1000`.
    pub const fn exit_code(self) -> i32 {
        self.code() / 1000
    }
}

/// Why a login is required. Only [`ErrorKind::LoginRequired`] has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No credential was passed, set in the environment or stored.
    NoCredential,
    /// The credential cannot be renewed and its time is over.
    Expired,
    /// The server refused the refresh token.
    Revoked,
    /// A renewal was sent and its answer never seen; the server may have spent the refresh token.
    RefreshOutcomeUnknown,
    /// `logout` ended the login.
    LoggedOut,
    /// A login needs a person, and nobody can see a prompt here.
    NotInteractive,
    /// The login lacks the scope that was asked for.
    InsufficientScope,
    /// The store can be read only, so a renewal could not be recorded.
    StoreReadOnly,
    /// The key that seals the store is gone.
    StoreKeyMissing,
}

impl Reason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::NoCredential,
        Self::Expired,
        Self::Revoked,
        Self::RefreshOutcomeUnknown,
        Self::LoggedOut,
        Self::NotInteractive,
        Self::InsufficientScope,
        Self::StoreReadOnly,
        Self::StoreKeyMissing,
    ];

    /// The reason's word in JSON, C and Python, for example `no_credential`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCredential => "no_credential",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::RefreshOutcomeUnknown => "refresh_outcome_unknown",
            Self::LoggedOut => "logged_out",
            Self::NotInteractive => "not_interactive",
            Self::InsufficientScope => "insufficient_scope",
            Self::StoreReadOnly => "store_read_only",
            Self::StoreKeyMissing => "store_key_missing",
        }
    }
}

/// Why a call failed: a kind, one line of text, and what the server said of it.
///
/// One pointer wide and cheap to clone, because all waiters of a failed renewal share its failure. Neither the text
/// nor [`std::error::Error::source`] ever holds a token, code, secret, body or query.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    kind: Option<ErrorKind>,
    reason: Option<Reason>,
    message: String,
    oauth_error: Option<String>,
    oauth_error_description: Option<String>,
    http_status: Option<u16>,
    retry_after: Option<Duration>,
    nothing_sent: bool,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`. The message is one line: what, where, what to do next. Never a secret.
    ///
    /// Public for implementations of this crate's traits; a caller rarely makes one.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retry_after = kind.is_retryable().then_some(Duration::ZERO);
        Self(Arc::new(Inner { kind: Some(kind), message: message.into(), retry_after, ..Inner::default() }))
    }

    /// A `LoginRequired` with its reason; else as [`Error::new`].
    pub fn login_required(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::LoginRequired, message).edit(|inner| inner.reason = Some(reason))
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind.unwrap_or(ErrorKind::InternalError)
    }

    /// Why a login is required; `None` for every other kind.
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// The message alone, one line. [`std::fmt::Display`] gives the same text.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The server's `error` member (RFC 6749 §5.2), made printable; `None` if the server sent none.
    pub fn oauth_error(&self) -> Option<&str> {
        self.0.oauth_error.as_deref()
    }

    /// The server's `error_description`, made printable and cut at 512 characters.
    pub fn oauth_error_description(&self) -> Option<&str> {
        self.0.oauth_error_description.as_deref()
    }

    /// The HTTP status of the answer that failed, if there was an answer.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// How long to wait before the same call can succeed: zero is now, `None` is never.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The exit code of the command line for this error.
    pub fn exit_code(&self) -> i32 {
        self.kind().exit_code()
    }

    pub(crate) fn with_oauth(self, error: &str, description: Option<&str>) -> Self {
        self.edit(|inner| {
            inner.oauth_error = Some(printable(error, CODE_LIMIT));
            inner.oauth_error_description = description.map(|text| printable(text, DESCRIPTION_LIMIT));
        })
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        self.edit(|inner| inner.http_status = Some(status))
    }

    /// What the server said, as `other` has it.
    pub(crate) fn with_answer_of(self, other: &Self) -> Self {
        self.edit(|inner| {
            inner.oauth_error.clone_from(&other.0.oauth_error);
            inner.oauth_error_description.clone_from(&other.0.oauth_error_description);
            inner.http_status = other.0.http_status;
        })
    }

    pub(crate) fn with_retry_after(self, delay: Duration) -> Self {
        self.edit(|inner| inner.retry_after = Some(delay))
    }

    /// No byte of the request has left, so that the server cannot have acted.
    pub(crate) fn with_nothing_sent(self) -> Self {
        self.edit(|inner| inner.nothing_sent = true)
    }

    /// Whether no byte of the request has left. False says nothing.
    pub(crate) fn is_nothing_sent(&self) -> bool {
        self.0.nothing_sent
    }

    pub(crate) fn with_source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.edit(|inner| inner.source = Some(Arc::new(source)))
    }

    fn edit(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {})", self.kind().name(), self.0.message)
    }
}

impl std::error::Error for Error {
    /// A foreign error below this one, where there is one. Its type is not part of this crate's promises.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}
