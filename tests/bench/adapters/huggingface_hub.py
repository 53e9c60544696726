"""huggingface_hub, no OAuth client: its import, its size, build_hf_headers() around a given token."""

VENV, DISTS, IMPORT = "hf", ["huggingface_hub"], "import huggingface_hub"
# The package's own import loads nothing.
IMPORT_ALSO = {"huggingface_hub (HfApi)": "from huggingface_hub import HfApi"}
TRANSPORTS, METRICS = ("none",), ("import", "hot", "size")
ENV = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}


def make(token_url, client_id, client_secret, ca=None):
    from huggingface_hub.utils import build_hf_headers

    return build_hf_headers


def hot(client):
    return client(token="hf_" + "A" * 34)


def headers(client):
    return {"Authorization": hot(client)["authorization"]}
