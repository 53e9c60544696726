//! The one helper.
fn main() {}
