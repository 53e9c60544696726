"""Login and credentials for the Beamlit platform, and for any other OAuth 2.0 server.

    import beamlit_auth, requests

    session = beamlit_auth.login("acme")      # a person, once: the login is stored and kept alive
    session = beamlit_auth.Session()          # every program after that; or BL_API_KEY, or credential=...
    requests.get(f"{session.api_url}/models", auth=session)

`Session` is the one class to begin with. Everything may be called from any thread; every wait is bounded,
releases the interpreter's lock and yields to Ctrl-C. No secret shows in a `repr`, an exception or a pickle.
Coroutines await the same names under `aio`: `await session.aio.headers(url)`, `await
beamlit_auth.aio.login()`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import aio as aio
    from ._login import login
    from ._logout import Logout
    from ._native import (
        ApiKey,
        ClientCredentials,
        Credential,
        DeviceLogin,
        Explanation,
        Headers,
        Login,
        RefreshToken,
        Session,
        Token,
        __version__,
        explain,
        start_login,
        workspaces,
    )
    from ._store import Store
    from .errors import (
        AccessDenied,
        BeamlitError,
        Cancelled,
        Closed,
        DeadlineExceeded,
        DeniedError,
        InternalError,
        InvalidArgument,
        InvalidClient,
        InvalidConfig,
        InvalidGrant,
        InvalidResponse,
        InvalidScope,
        LoginError,
        LoginExpired,
        LoginRequired,
        NetworkError,
        OauthError,
        OriginRefused,
        ProxyError,
        RateLimited,
        ServerUnavailable,
        ServiceError,
        StoreBusy,
        StoreCorrupt,
        StoreError,
        StoreLocked,
        StoreUnavailable,
        TlsError,
        Unsupported,
        UsageError,
        VerificationFailed,
    )

__all__ = [
    "AccessDenied",
    "ApiKey",
    "BeamlitError",
    "Cancelled",
    "ClientCredentials",
    "Closed",
    "Credential",
    "DeadlineExceeded",
    "DeniedError",
    "DeviceLogin",
    "Explanation",
    "Headers",
    "InternalError",
    "InvalidArgument",
    "InvalidClient",
    "InvalidConfig",
    "InvalidGrant",
    "InvalidResponse",
    "InvalidScope",
    "Login",
    "LoginError",
    "LoginExpired",
    "LoginRequired",
    "Logout",
    "NetworkError",
    "OauthError",
    "OriginRefused",
    "ProxyError",
    "RateLimited",
    "RefreshToken",
    "ServerUnavailable",
    "ServiceError",
    "Session",
    "Store",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreLocked",
    "StoreUnavailable",
    "TlsError",
    "Token",
    "Unsupported",
    "UsageError",
    "VerificationFailed",
    "__version__",
    "aio",
    "explain",
    "login",
    "start_login",
    "workspaces",
]

# What few programs need is loaded when it is asked for, and the engine by the first name of it.
_ELSEWHERE = {"aio": "aio", "errors": "errors", "login": "_login", "Logout": "_logout", "Store": "_store"}

if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in __all__ and name not in _ELSEWHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = __import__(_ELSEWHERE.get(name, "_native"), globals(), None, (name,), 1)
        if name in ("aio", "errors"):
            return module
        if not hasattr(module, name):
            module = __import__("errors", globals(), None, (name,), 1)
        found = globals()[name] = getattr(module, name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ELSEWHERE})
