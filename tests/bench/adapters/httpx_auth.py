"""httpx-auth with its own client, which opens a connection for each token request."""

import threading

VENV, DISTS, IMPORT = "httpx_auth", ["httpx-auth"], "import httpx_auth"
TRANSPORTS = ("http", "https")
METRICS = ("import", "cold", "hot", "fetch", "herd", "size")
local = threading.local()


def make(token_url, client_id, client_secret, ca=None):
    import httpx_auth

    settings = {}
    if ca:
        import ssl

        import httpx

        # An authority of one's own takes a client of one's own, which keeps its connection.
        settings["client"] = httpx.Client(verify=ssl.create_default_context(cafile=ca))
    return httpx_auth.OAuth2ClientCredentials(token_url, client_id, client_secret, scope="api", **settings)


def request():
    if not hasattr(local, "request"):
        import httpx

        local.request = httpx.Request("GET", "https://api.example.com/")
    return local.request


def hot(client):
    return next(client.auth_flow(request())).headers


def headers(client):
    return {"Authorization": hot(client)["Authorization"]}


def force_refresh(client):
    client.request_new_token()
