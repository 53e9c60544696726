//! One stored login and a real process that is stopped in the middle of a renewal, for longer than a request may take. What
//! kills, herds and disks do is tried from every face in `tests/faults`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, a step that fails ends the test")]

mod stage;

use std::time::{Duration, Instant};

use beamlit_emulator::{Fault, Rotation};

use crate::stage::{Stage, until};

#[test]
fn a_stopped_renewal_takes_the_answer_that_came_meanwhile() {
    let stage = Stage::new(Rotation::Revoke, "strict");
    stage.expire();
    stage.emulator.fault(Fault::new("/oauth/token").delay(Duration::from_secs(1)).times(1));
    let stopped = stage.token();
    until(|| stage.emulator.token_requests_of("refresh_token") == 1);
    stopped.stop();
    // Longer than a request may take.
    let begun = Instant::now();
    until(|| begun.elapsed() > Duration::from_millis(20_500));
    stopped.go_on();
    let token = stopped.served();
    assert_eq!((stage.token().served(), stage.has_claim()), (token, false));
    assert_eq!((stage.emulator.token_requests_of("refresh_token"), stage.emulator.reuse_events()), (1, 0));
}
