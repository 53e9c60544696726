"""yup-oauth2's service account: JWT bearer grant, a cache, asynchronous: each call blocks on a runtime."""

KIND, BIN = "native", "target/release/yup_oauth2"
TRANSPORTS, METRICS = ("http",), ("cold", "hot", "fetch", "herd", "size")
NOTES = "JWT bearer grant, one RS256 signature a fetch"
