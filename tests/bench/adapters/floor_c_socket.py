"""Native floor in C: a socket that is kept; its hot path is a copy."""

KIND, BIN, FLOOR = "native", "bin/floor_c_socket", True
TRANSPORTS, METRICS = ("http",), ("cold", "hot", "fetch")
