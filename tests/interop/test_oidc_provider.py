"""Client credentials against oidc-provider, from Python and from C."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

API = "https://api.example.com"
# Every character that a form, a header or a colon-separated pair treats in its own way.
BASIC = {"client_id": "svc-basic", "client_secret": "s3cret:%+ /&= CANARY basic"}
POST = {"client_id": "svc-post", "client_secret": "s3cret:%+ /&= CANARY post"}


@pytest.fixture
def answer(ask: Any) -> Any:
    """Asks a server through the face under test, and looks for secrets in what a failure says."""

    def answer(provider: Any, client: dict[str, str], **more: str) -> Any:
        settings = {"issuer": provider.issuer, "origin": API, "url": f"{API}/v0/models", **client, **more}
        answer = ask(settings)
        assert "CANARY" not in answer.message
        assert "s3cret" not in answer.message
        return answer

    return answer


def test_rfc6749_2_3_1_an_ugly_secret_is_form_encoded_before_it_is_a_basic_password(provider, answer):
    given = answer(provider, BASIC)
    assert (given.kind, given.header, given.token_type, given.scope) == ("ok", "Authorization", "Bearer", "")
    assert provider.scheme() == "Basic"


def test_a_secret_travels_in_the_body_where_the_caller_says_so(provider, answer):
    assert answer(provider, POST, token_endpoint_auth_method="client_secret_post").kind == "ok"
    assert provider.scheme() == ""


def test_a_secret_travels_in_the_body_where_the_metadata_lists_nothing_else(start, answer):
    provider = start(CLIENT_AUTH_METHODS="client_secret_post")
    assert answer(provider, POST).kind == "ok"
    assert provider.scheme() == ""


def test_a_wrong_secret_is_an_invalid_client(provider, answer):
    given = answer(provider, BASIC, client_secret="s3cret CANARY wrong")
    assert (given.kind, given.oauth_error, given.http_status) == ("invalid_client", "invalid_client", 401)


def test_a_scope_that_the_client_may_not_have_is_an_invalid_scope(provider, answer):
    given = answer(provider, BASIC, scope="api:write")
    assert (given.kind, given.oauth_error, given.http_status) == ("invalid_scope", "invalid_scope", 400)


def test_rfc8707_2_a_resource_gives_a_token_of_its_scope(provider, answer):
    assert answer(provider, BASIC, resource=API, scope="api:read").scope == "api:read"
    given = answer(provider, BASIC, resource="https://other.example.com")
    assert (given.kind, given.oauth_error) == ("invalid_scope", "invalid_target")


def test_rfc8414_3_3_another_issuer_than_the_one_that_was_asked_is_refused(provider, answer):
    alias = provider.issuer.replace("127.0.0.1", "localhost")
    assert answer(provider, BASIC, issuer=alias).kind == "verification_failed"


def test_a_certificate_of_an_authority_of_ones_own_is_accepted_by_ca_file_alone(
    start, answer, own_ca: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    provider = start(TLS_CERT=str(own_ca / "server.pem"), TLS_KEY=str(own_ca / "server.key"))
    assert answer(provider, BASIC, ca_file=str(own_ca / "ca.pem")).kind == "ok"
    given = answer(provider, BASIC)
    assert given.kind == "tls_error"
    assert "authority" in given.message, "the message names the check that failed"


def test_headers_are_for_an_allowed_origin_alone(provider, answer):
    assert answer(provider, BASIC, url=f"{API}.evil.test/").kind == "origin_refused"
    assert answer(provider, BASIC, url=f"{provider.issuer}/me").kind == "origin_refused"


def test_discovery_is_made_once_in_a_session(provider, answer):
    given = answer(provider, BASIC, again="1")
    first, second = given.generations
    assert second > first
    paths = [request["path"] for request in provider.requests(2)]
    assert paths == ["/.well-known/oauth-authorization-server", "/token", "/token"]
