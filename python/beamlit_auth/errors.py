"""The exceptions: one family for each kind of remedy, in it one class for each kind of error.

All pickle, and none holds a secret. `Kind(message)` makes one.
"""


class BeamlitError(Exception):
    """Whatever this library raises on purpose."""

    kind: str = "internal_error"
    """The kind in one word, as the command line and the other languages write it."""
    reason: str | None = None
    """Why a login is required, in one word; only `LoginRequired` has one."""
    oauth_error: str | None = None
    """The server's `error` member (RFC 6749 §5.2), made printable."""
    oauth_error_description: str | None = None
    """The server's `error_description`, made printable and cut at 512 characters."""
    http_status: int | None = None
    """The HTTP status of the answer that failed."""
    retry_after: float | None = None
    """Seconds until the same call can succeed: 0.0 is now, None is never."""
    exit_code: int = 1
    """What the command line exits with for this error."""


class UsageError(BeamlitError, ValueError):
    """The call or a setting has to be changed."""

    kind = "invalid_argument"
    exit_code = 2


class LoginError(BeamlitError):
    """A credential has to be obtained first."""

    kind = "login_required"
    exit_code = 3


class ServiceError(BeamlitError):
    """The server or the way to it is at fault."""

    kind = "oauth_error"
    exit_code = 4


class StoreError(BeamlitError):
    """The place where tokens are kept is at fault."""

    kind = "store_unavailable"
    exit_code = 5


class DeniedError(BeamlitError):
    """The server knows the credential and says no."""

    kind = "access_denied"
    exit_code = 6


class InternalError(BeamlitError):
    """A bug of this library. Report it."""


class InvalidArgument(UsageError):
    """An argument that cannot be used: a bad URL or name, an unknown field."""


class InvalidConfig(UsageError):
    """A setting, a variable or a file entry that cannot be used, or two that contradict each other."""

    kind = "invalid_config"


class OriginRefused(UsageError):
    """The URL is no origin of this session (setting `origins`), or an emulator's token would leave."""

    kind = "origin_refused"


class Unsupported(UsageError):
    """The server's metadata or this build lacks what was asked for."""

    kind = "unsupported"


class Closed(UsageError):
    """The session was closed before."""

    kind = "closed"


class LoginRequired(LoginError):
    """There is no credential, or it is of no use any more; `reason` says which."""


class LoginExpired(LoginError):
    """The code of a login, or the wait for the browser, ran out."""

    kind = "login_expired"


class NetworkError(ServiceError, ConnectionError):
    """Name lookup, connect, reset, or an answer that was cut off."""

    kind = "network_error"
    retry_after = 0.0


class TlsError(ServiceError):
    """The server's certificate or TLS version was refused; the message says which check failed."""

    kind = "tls_error"


class ProxyError(ServiceError):
    """The proxy refused, or wants credentials."""

    kind = "proxy_error"


class DeadlineExceeded(ServiceError, TimeoutError):
    """The time limit of the call passed (`timeout`). What was under way goes on."""

    kind = "deadline_exceeded"
    retry_after = 0.0


class RateLimited(ServiceError):
    """The server asked for fewer requests; `retry_after` says for how long."""

    kind = "rate_limited"
    retry_after = 0.0


class ServerUnavailable(ServiceError):
    """The server cannot answer now."""

    kind = "server_unavailable"
    retry_after = 0.0


class InvalidResponse(ServiceError):
    """An answer that the RFC does not allow: malformed, too large, a redirect, a wrong type or status."""

    kind = "invalid_response"


class VerificationFailed(ServiceError):
    """An issuer, state, nonce, signature or token type is not the expected one. Worth an alert."""

    kind = "verification_failed"


class OauthError(ServiceError):
    """Any other OAuth `error` of the server (RFC 6749 §5.2)."""


class StoreUnavailable(StoreError):
    """The store cannot be used now: permission, full disk, no connection."""

    retry_after = 0.0


class StoreLocked(StoreError):
    """The store's own key is missing, locked or wrong."""

    kind = "store_locked"


class StoreBusy(StoreError):
    """Another holder outlasted the wait, or another host wrote first."""

    kind = "store_busy"
    retry_after = 0.0


class StoreCorrupt(StoreError):
    """An entry of the store fails its check and could not be set aside."""

    kind = "store_corrupt"


class AccessDenied(DeniedError):
    """The person refused, or the server answered 403."""


class InvalidClient(DeniedError):
    """`invalid_client`, `unauthorized_client`, or an API key that the platform does not accept."""

    kind = "invalid_client"


class InvalidGrant(DeniedError):
    """The caller's own code, assertion, subject token or refresh token was refused."""

    kind = "invalid_grant"


class InvalidScope(DeniedError):
    """`invalid_scope`, or `invalid_target` (RFC 8707 §2)."""

    kind = "invalid_scope"


class Cancelled(BeamlitError):
    """The wait was given up."""

    kind = "cancelled"
    exit_code = 130
