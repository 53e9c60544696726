//! The end of a process: what is under way is waited for.

use std::time::Duration;

use crate::boundary::guard;
use crate::session::timeout;

/// What `BEAMLIT_TIMEOUT_DEFAULT` is here, where no config says otherwise.
const DEFAULT: Duration = Duration::from_secs(30);

/// Waits for what this process has under way, `timeout_ms` at most: a renewal that has sent a refresh token which the
/// server spends as long as that says, which needs 20 seconds at most, and anything else (rotation `none` among it) no
/// longer than 5 seconds. Whether nothing is left.
///
/// Call it before the process ends, so that no answer is lost that the server will not give again; nothing does so by
/// itself. `BEAMLIT_TIMEOUT_DEFAULT` is 30 seconds here; other negative numbers do not wait. Handles stay good, but for 2
/// seconds no renewal sends a refresh token that is spent by that.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_shutdown(timeout_ms: i64) -> bool {
    guard(false, || beamlit_core::shutdown(limit(timeout_ms)))
}

/// `beamlit_shutdown` for a program that ends at once, after Ctrl-C say, and keeps nothing of what it asked for: waits for
/// renewals that have sent a refresh token which the server spends, `timeout_ms` at most, and for nothing else. Whether
/// nothing is left, of any kind.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_shutdown_spending(timeout_ms: i64) -> bool {
    guard(false, || beamlit_core::shutdown_spending(limit(timeout_ms)))
}

fn limit(timeout_ms: i64) -> Duration {
    match timeout(timeout_ms) {
        Ok(limit) => limit.unwrap_or(DEFAULT),
        Err(_) => Duration::ZERO,
    }
}
