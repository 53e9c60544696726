"""How a server is found by its issuer (RFC 8414 §3, OpenID Connect Discovery §4), wherever it is mounted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from person import API

from conftest import Answer, ask_python

CLIENT_CREDENTIALS = {"client_id": "svc-basic", "client_secret": "s3cret:%+ /&= CANARY basic"}
FORMS = [
    "/.well-known/oauth-authorization-server/op",
    "/op/.well-known/openid-configuration",
    "/.well-known/openid-configuration/op",
    # No specification has this one, and servers that are mounted below a path do.
    "/op/.well-known/oauth-authorization-server",
]
# What a foreign server at the same host says of what it does not have.
ELSEWHERE = ["302", "400", "401", "404", "500", "502", "issuer"]


@pytest.fixture
def obtain() -> Callable[[str], Answer]:
    def obtain(issuer: str) -> Answer:
        return ask_python({"issuer": issuer, "origin": API, "url": API, **CLIENT_CREDENTIALS})

    return obtain


@pytest.mark.parametrize("path", ["", "/", "/op", "/op/", "/a/b"])
def test_rfc8414_3_1_an_issuer_is_found_with_and_without_a_path_and_a_slash(start, obtain, path):
    assert obtain(start(ISSUER_PATH=path).issuer).kind == "ok"


@pytest.mark.parametrize("path", ["/op", "/op/"])
@pytest.mark.parametrize("form", FORMS)
def test_one_form_of_the_well_known_path_is_enough(start, obtain, form, path):
    assert obtain(start(ISSUER_PATH=path, WELL_KNOWN=form).issuer).kind == "ok"


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_what_another_server_of_the_host_says_does_not_count(start, obtain, elsewhere):
    provider = start(ISSUER_PATH="/op", WELL_KNOWN=FORMS[1], ELSEWHERE=elsewhere)
    given = obtain(provider.issuer)
    assert given.kind == "ok", given.message


@pytest.mark.parametrize(
    ("elsewhere", "kind", "told"),
    [
        ("404", "invalid_response", "no metadata"),
        ("302", "invalid_response", "redirect"),
        ("503", "server_unavailable", "503"),
        ("issuer", "verification_failed", "another issuer"),
    ],
)
def test_a_server_without_metadata_is_told_by_what_it_said(start, obtain, elsewhere, kind, told):
    given = obtain(start(ISSUER_PATH="/op", WELL_KNOWN="/nowhere", ELSEWHERE=elsewhere).issuer)
    assert given.kind == kind
    assert told in given.message


@pytest.mark.parametrize(("path", "other"), [("", "/"), ("/op", "/op/"), ("/op/", "/op")])
def test_rfc8414_3_3_a_slash_too_many_or_too_few_is_another_issuer_which_is_named(start, obtain, path, other):
    provider = start(ISSUER_PATH=path)
    given = obtain(provider.issuer.removesuffix(path) + other)
    assert given.kind == "verification_failed"
    assert f"({provider.issuer})" in given.message
