from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from typing import Any, TypedDict, TypeVar, final, overload

from typing_extensions import Self, Unpack, disjoint_base

__all__ = [
    "KINDS",
    "ApiKey",
    "ClientCredentials",
    "Credential",
    "Explanation",
    "Headers",
    "Session",
    "Token",
    "__version__",
    "cli",
    "explain",
]

_T = TypeVar("_T")

KINDS: list[tuple[str, str, int]]
__version__: str

# Every one is optional, and None is as good as not given.
class _Settings(TypedDict, total=False):
    credential: Credential | None
    platform: str | None
    api_url: str | None
    origins: Iterable[str] | None
    header: str | None
    timeout: float | None
    ca_file: str | PathLike[str] | None
    proxy: str | None
    user_agent: str | None

@disjoint_base
class Credential: ...

@final
class ApiKey(Credential):
    def __new__(cls, api_key: str) -> Self: ...

@final
class ClientCredentials(Credential):
    def __new__(
        cls,
        client_id: str,
        client_secret: str,
        *,
        scope: str | None = None,
        audience: str | None = None,
        resource: str | None = None,
        token_endpoint_auth_method: str | None = None,
    ) -> Self: ...
    @staticmethod
    def decode(
        text: str,
        *,
        scope: str | None = None,
        audience: str | None = None,
        resource: str | None = None,
        token_endpoint_auth_method: str | None = None,
    ) -> ClientCredentials: ...

@final
class Headers(Mapping[str, str]):
    @property
    def generation(self) -> int: ...
    def __getitem__(self, name: str, /) -> str: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __or__(self, other: Mapping[str, str], /) -> dict[str, str]: ...
    def __ror__(self, other: Mapping[str, str], /) -> dict[str, str]: ...
    @overload
    def get(self, key: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, key: str, default: _T, /) -> str | _T: ...
    def copy(self) -> dict[str, str]: ...

@final
class Token:
    @property
    def token_type(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def generation(self) -> int: ...
    @property
    def expires_at(self) -> float | None: ...
    def reveal(self) -> str: ...

@final
class Explanation:
    @property
    def ok(self) -> bool: ...
    def json(self) -> str: ...

@final
class Session:
    @property
    def workspace(self) -> str | None: ...
    @property
    def platform(self) -> str: ...
    @property
    def api_url(self) -> str: ...
    def __new__(cls, workspace: str | None = None, **settings: Unpack[_Settings]) -> Self: ...
    def headers(self, url: str, *, method: str = "GET", timeout: float | None = None) -> Headers: ...
    def token(self, *, min_valid: float | None = None, timeout: float | None = None) -> Token: ...
    def token_provider(self, url: str | None = None) -> Callable[[], str]: ...
    def renew(self, *, timeout: float | None = None) -> None: ...
    def invalidate(self, issued: Headers | Token) -> bool: ...
    def explain(self) -> Explanation: ...
    def close(self) -> None: ...
    def __call__(self, request: Any) -> Any: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...

def cli(argv: list[str]) -> int: ...
def explain(workspace: str | None = None, **settings: Unpack[_Settings]) -> Explanation: ...
