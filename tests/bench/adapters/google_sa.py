# base: google_auth
# ruff: noqa: F821
"""google-auth's service account: the JWT bearer grant, with an assertion that is signed for each request."""

import os

METRICS = ("cold", "fetch")
NOTES = "JWT bearer grant, one RS256 signature a fetch"


def make(token_url, client_id, client_secret, ca=None):
    from google.oauth2 import service_account

    with open(os.environ["BENCH_RSA_KEY"]) as file:
        account = {
            "type": "service_account",
            "client_email": client_id,
            "token_uri": token_url,
            "private_key_id": "k",
            "private_key": file.read(),
        }
    client = Client()
    client.request = transport(ca)
    client.credentials = service_account.Credentials.from_service_account_info(account, scopes=["api"])
    return client
