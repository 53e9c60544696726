# base: beamlit
# ruff: noqa: F821
"""What `auth=session` adds to the preparation of a request by requests: the call that requests makes."""

METRICS = ("hot",)
base_make = make


def make(token_url, client_id, client_secret, ca=None):
    import requests

    client = base_make(token_url, client_id, client_secret, ca)
    request = requests.Request("GET", client.url).prepare()
    return client.session, request, client.url


def headers(client):
    session, _, url = client
    return session.headers(url)


def hot_call(client):
    return prepare, client


def prepare(client):
    session, request, _ = client
    # A new request has no hooks.
    request.hooks["response"].clear()
    return session(request)
