# base: google_auth
# ruff: noqa: F821
"""google-auth with with_non_blocking_refresh(): a stale token is refreshed on a thread in the background."""

METRICS = ("hot", "herd")
base_make = make


def make(token_url, client_id, client_secret, ca=None):
    client = base_make(token_url, client_id, client_secret, ca)
    client.credentials.with_non_blocking_refresh()
    return client
