"""Authlib on httpx, client credentials, leeway 60 s."""

VENV, DISTS, IMPORT = "authlib_httpx", ["Authlib", "httpx"], "import authlib.integrations.httpx_client"
TRANSPORTS = ("http", "https")
METRICS = ("import", "cold", "hot", "fetch", "herd", "size")
ENV = {"AUTHLIB_INSECURE_TRANSPORT": "1"}
SETTINGS = {"grant_type": "client_credentials", "scope": "api", "leeway": 60}


def make(token_url, client_id, client_secret, ca=None):
    from authlib.integrations.httpx_client import OAuth2Client

    trust = {}
    if ca:
        import ssl

        trust["verify"] = ssl.create_default_context(cafile=ca)
    return OAuth2Client(client_id, client_secret, token_endpoint=token_url, **SETTINGS, **trust)


# What the library's own request() does before it sends.
def hot(client):
    client.ensure_active_token(client.token)
    return client.token_auth.prepare("https://api.example.com/", {}, "")[1]


def headers(client):
    if not client.token:
        client.fetch_token()
    return hot(client)


def force_refresh(client):
    client.fetch_token()
