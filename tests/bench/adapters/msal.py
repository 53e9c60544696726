"""MSAL with an OIDC authority, which has to speak https and is discovered first."""

VENV, DISTS, IMPORT = "msal", ["msal"], "import msal"
TRANSPORTS = ("https",)
METRICS = ("import", "cold", "hot", "fetch", "herd", "size")
TOKEN_PATH = "/tenant/oauth2/token"
NOTES = "and one discovery a process"


def make(token_url, client_id, client_secret, ca=None):
    import msal

    authority = token_url.removesuffix("/oauth2/token")
    secret = {"client_credential": client_secret, "oidc_authority": authority}
    return msal.ConfidentialClientApplication(client_id, verify=ca or True, **secret)


def headers(client):
    answer = client.acquire_token_for_client(["api"])
    if "access_token" not in answer:
        raise RuntimeError(str(answer)[:200])
    return {"Authorization": "Bearer " + answer["access_token"]}


def force_refresh(client):
    # There is no switch for it: the cached tokens are dropped first.
    client.remove_tokens_for_client()
    return headers(client)
