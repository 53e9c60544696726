# base: floor_c_socket
"""The same as ours have to do it: each fetch is the second one over a connection of its own."""

METRICS = ("fetch",)
ENV = {"FLOOR_SECOND": "1"}
