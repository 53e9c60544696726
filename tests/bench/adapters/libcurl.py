"""A C program on libcurl with one handle; it caches no token."""

KIND, BIN = "native", "bin/libcurl"
TRANSPORTS, METRICS = ("http", "https"), ("cold", "fetch", "size")
