# base: floor_py_socket
# ruff: noqa: F821
"""The same as ours have to do it: each fetch is the second one over a connection of its own."""

METRICS = ("fetch",)
open_client = make


def make(*settings):
    client = open_client(*settings)
    client.settings, client.ready = settings, []
    return client


def before_refresh(client):
    del client.ready[-1:]
    if not client.ready:
        client.ready = [open_client(*client.settings) for _ in range(20)]
        for ready in reversed(client.ready):
            force_refresh(ready)
    client.socket = client.ready[-1].socket
