"""awscrt, no OAuth client: its import, its size, and a look-up of a cached credential through a binding."""

VENV, DISTS, IMPORT = "awscrt", ["awscrt"], "import awscrt.auth"
TRANSPORTS, METRICS = ("none",), ("import", "hot", "size")


def make(token_url, client_id, client_secret, ca=None):
    from awscrt import auth

    return auth.AwsCredentialsProvider.new_static("AKID", "SECRET", "T" * 800)


def headers(client):
    return {"Authorization": client.get_credentials().result(10).session_token}
