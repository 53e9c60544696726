"""The vendor's SDK: client credentials in a JSON body."""

import base64
import os

VENV, DISTS, IMPORT = "blaxel", ["blaxel"], "import blaxel.core.authentication"
TRANSPORTS = ("http", "https")
METRICS = ("import", "cold", "hot", "fetch", "herd", "size")
# It reads a refresh token out of every answer.
SERVER = {"cc_rt": 1}
ENV = {"DO_NOT_TRACK": "1"}
TOKEN_PATH = "/oauth/token"


def make(token_url, client_id, client_secret, ca=None):
    if ca:
        # The SDK has no setting for it.
        os.environ["REQUESTS_CA_BUNDLE"] = ca
    from blaxel.core.authentication import ClientCredentials, CredentialsType

    pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    credentials = CredentialsType(client_credentials=pair, workspace="bench")
    return ClientCredentials(credentials, "bench", token_url.removesuffix(TOKEN_PATH))


def headers(client):
    return {"Authorization": client.get_headers()["X-Blaxel-Authorization"]}


def hot(client):
    return client.get_headers()


def force_refresh(client):
    error = client._request_token(0)
    if error:
        raise error
