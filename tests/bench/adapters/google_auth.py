"""google-auth: a person's credentials (grant refresh_token, as it has no client credentials)."""

VENV, DISTS = "googleauth", ["google-auth", "requests"]
IMPORT = "import google.auth.transport.requests, google.oauth2.credentials"
TRANSPORTS = ("http", "https")
METRICS = ("import", "cold", "hot", "fetch", "herd", "size")
NOTES = "grant refresh_token"


class Client:
    __slots__ = ("credentials", "request")


def transport(ca):
    import google.auth.transport.requests
    import requests

    session = requests.Session()
    if ca:
        session.verify = ca
    return google.auth.transport.requests.Request(session)


def make(token_url, client_id, client_secret, ca=None):
    import google.oauth2.credentials

    client = Client()
    client.request = transport(ca)
    client.credentials = google.oauth2.credentials.Credentials(
        None, refresh_token="rt", token_uri=token_url, client_id=client_id, client_secret=client_secret
    )
    return client


def hot(client):
    headers = {}
    client.credentials.before_request(client.request, "GET", "https://api.example.com/", headers)
    return headers


def headers(client):
    return {"Authorization": hot(client)["authorization"]}


def force_refresh(client):
    client.credentials.refresh(client.request)
