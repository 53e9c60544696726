"""The oauth2 crate on ureq 2; it caches no token."""

KIND, BIN = "native", "target/release/oauth2_ureq"
TRANSPORTS, METRICS = ("http", "https"), ("cold", "fetch", "size")
