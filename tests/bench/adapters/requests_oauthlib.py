"""requests-oauthlib. It renews no client-credentials token: headers() fetches anew on TokenExpiredError, as
one is told to write."""

VENV, DISTS, IMPORT = "requests_oauthlib", ["requests-oauthlib"], "import requests_oauthlib"
TRANSPORTS = ("http", "https")
METRICS = ("import", "cold", "hot", "fetch", "herd", "size")
ENV = {"OAUTHLIB_INSECURE_TRANSPORT": "1"}


class Client:
    __slots__ = ("Expired", "secret", "session", "url")


def make(token_url, client_id, client_secret, ca=None):
    from oauthlib.oauth2 import BackendApplicationClient
    from oauthlib.oauth2.rfc6749.errors import TokenExpiredError
    from requests_oauthlib import OAuth2Session

    client = Client()
    client.session = OAuth2Session(client=BackendApplicationClient(client_id, scope=["api"]))
    if ca:
        client.session.verify = ca
    client.url, client.secret, client.Expired = token_url, client_secret, TokenExpiredError
    return client


def hot(client):
    add = client.session._client.add_token
    return add("https://api.example.com/", http_method="GET", body=None, headers={})[1]


def headers(client):
    if not client.session.token:
        force_refresh(client)
    try:
        return hot(client)
    except client.Expired:
        force_refresh(client)
        return hot(client)


def force_refresh(client):
    client.session.fetch_token(client.url, client_secret=client.secret, verify=client.session.verify)
