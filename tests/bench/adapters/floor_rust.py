"""Native floor of the hot path in Rust: a lock for reading, a look at the clock, a copy."""

KIND, BIN, FLOOR = "native", "target/release/floor_rust", True
TRANSPORTS, METRICS = ("none",), ("hot",)
