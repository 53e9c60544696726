//! The end of a process: what is under way is waited for.

use std::time::Duration;

use crate::session::Ground;
use crate::sys;

/// What spends nothing is not waited for any longer than this.
const OTHERS: Duration = Duration::from_secs(5);

/// Waits for what this process has under way: for a renewal that has sent a refresh token which the server spends as long
/// as `limit` says (20 s is the longest that it can take), for any other (rotation `none` among them), and for logins and
/// logouts, no longer than 5 s. To be called before a process ends, so that no answer is lost that the server will not give
/// again. Whether nothing is left.
///
/// For 2 s after this no renewal sends a refresh token that is spent by that: the process may be gone before its answer
/// comes. One that goes on meanwhile loses nothing but that time.
///
/// # Blocking
/// `limit` at most; not at all if nothing is under way.
pub fn shutdown(limit: Duration) -> bool {
    shutdown_while(limit, &|| true)
}

/// [`shutdown`] that waits for what spends nothing only as long as `still_wanted` says, which is asked every few
/// milliseconds on the calling thread. For programs that hear of Ctrl-C while they wait.
pub fn shutdown_while(limit: Duration, still_wanted: &dyn Fn() -> bool) -> bool {
    shutdown_on(&Ground::real(), limit, still_wanted)
}

/// [`shutdown_while`] on any ground.
pub(crate) fn shutdown_on(ground: &Ground, limit: Duration, still_wanted: &dyn Fn() -> bool) -> bool {
    let Ground { system, flights, .. } = ground;
    flights.timer.end(&**system);
    let is_idle = sys::join(&**system, limit, OTHERS, still_wanted);
    // A call of another thread may have brought it back meanwhile. From here on, and for a while, none does.
    flights.timer.end(&**system);
    is_idle
}

/// [`shutdown`] for a program that ends at once, after Ctrl-C say, and keeps nothing of what it asked for: waits for
/// renewals that have sent a refresh token which the server spends, and for nothing else. Whether nothing is left, of any kind.
///
/// # Blocking
/// `limit` at most; not at all if no such renewal is under way.
pub fn shutdown_spending(limit: Duration) -> bool {
    shutdown_while(limit, &|| false)
}
