# base: rust_oauth2_ureq
"""The oauth2 crate on reqwest's blocking client; it caches no token."""

BIN = "target/release/oauth2_reqwest"
