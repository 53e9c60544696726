# base: azure_identity
# ruff: noqa: F821
"""azure-identity through get_bearer_token_provider(), a second cache on top, as in the Azure SDK."""

METRICS = ("hot", "herd")
base_make = make


def make(token_url, client_id, client_secret, ca=None):
    from azure.identity import get_bearer_token_provider

    return get_bearer_token_provider(base_make(token_url, client_id, client_secret, ca), SCOPE)


def headers(client):
    return {"Authorization": "Bearer " + client()}
