"""Floor of the hot path: a function that returns a new dict around a constant; no clock, no server."""

VENV, FLOOR = "base", True
TRANSPORTS, METRICS = ("none",), ("hot",)


class Client:
    __slots__ = ("header",)


def make(token_url, client_id, client_secret, ca=None):
    client = Client()
    client.header = "Bearer " + "A" * 800
    return client


def headers(client):
    return {"Authorization": client.header}
