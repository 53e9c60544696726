# base: beamlit_c
"""This project's crate: a snapshot of the headers, whose value is copied out."""

BIN = "target/release/beamlit"
