# base: authlib_httpx
# ruff: noqa: F821
"""Authlib on requests, client credentials, leeway 60 s."""

VENV, DISTS = "authlib_requests", ["Authlib", "requests"]
IMPORT = "import authlib.integrations.requests_client"


def make(token_url, client_id, client_secret, ca=None):
    from authlib.integrations.requests_client import OAuth2Session

    client = OAuth2Session(client_id, client_secret, token_endpoint=token_url, **SETTINGS)
    if ca:
        client.verify = ca
    return client
