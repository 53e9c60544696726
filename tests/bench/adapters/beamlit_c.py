"""This project's C library: headers are made anew and their value is copied out."""

KIND, BIN = "native", "bin/beamlit_c"
TRANSPORTS = ("http", "https")
METRICS = ("cold", "hot", "fetch", "herd")
TOKEN_PATH = "/oauth/token"
# A life of less than 5 s is taken for 5 s.
EXPIRED = 5.6
