"""azure-identity's ClientSecretCredential, which is MSAL underneath; https alone."""

VENV, DISTS, IMPORT = "azure", ["azure-identity"], "import azure.identity"
TRANSPORTS = ("https",)
METRICS = ("import", "cold", "hot", "fetch", "herd", "size")
TOKEN_PATH = "/tenant/v2.0/oauth2/token"
NOTES = "and one discovery a process"
SCOPE = "api/.default"


def make(token_url, client_id, client_secret, ca=None):
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(
        "tenant",
        client_id,
        client_secret,
        authority=token_url.split("/tenant/")[0],
        disable_instance_discovery=True,
        connection_verify=ca or True,
        retry_total=0,
    )


def headers(client):
    return {"Authorization": "Bearer " + client.get_token(SCOPE).token}


def force_refresh(client):
    # There is no public switch: what its own forced path does.
    client._get_app().remove_tokens_for_client()
    client.get_token(SCOPE)
