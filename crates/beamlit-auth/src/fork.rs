//! A fork: what the child does first.

use crate::sys;

/// Lets go, in a child that was just forked, of what belongs to its parent: the child closes its copies of the files
/// that the parent has locked, and unlocks none of them. Sessions and logins that were there at the fork go on in the
/// child by themselves, with connections of its own.
///
/// The C library and the Python package do this at every fork. A Rust program that forks and goes on in the child calls
/// it there, on the only thread that a child begins with. A child that does not is served like any other; but if its
/// parent is killed in the middle of a renewal, it keeps the lock as long as it lives, and each later renewal of that
/// login waits 20 s for it.
///
/// # Blocking
/// Never. Takes no lock.
pub fn forked() {
    sys::forked();
}
