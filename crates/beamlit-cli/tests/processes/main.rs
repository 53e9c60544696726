//! One stored login and many real processes, some of which are killed or stopped in the middle of a renewal.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, a step that fails ends the test")]

mod stage;

use std::time::{Duration, Instant};

use beamlit_emulator::{Fault, Rotation};

use crate::stage::{Process, Stage, expired, until};

#[test]
fn sixteen_processes_make_one_request_at_each_of_twenty_expiries() {
    let stage = Stage::new(Rotation::Revoke, "strict");
    for expiry in 1..=20 {
        expired(&stage);
        let processes: Vec<_> = (0..16).map(|_| stage.token()).collect();
        let mut tokens: Vec<String> = processes.into_iter().map(Process::served).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "all have the same token");
        assert_eq!(stage.emulator.token_requests_of("refresh_token"), expiry);
    }
    assert_eq!(stage.emulator.reuse_events(), 0);
}

#[test]
fn a_killed_renewal_costs_nothing_where_refresh_tokens_stay_good() {
    let stage = Stage::new(Rotation::None, "none");
    stage.emulator.fault(Fault::new("/oauth/token").delay(Duration::from_millis(30)));
    for round in 0..50 {
        expired(&stage);
        let mut process = stage.token();
        // From before its first byte to after its last write.
        process.kill_after(Duration::from_millis(round * 2));
        stage.token().served();
    }
}

#[test]
fn a_killed_renewal_is_never_sent_again_where_they_are_spent() {
    let stage = Stage::new(Rotation::Revoke, "strict");
    stage.emulator.fault(Fault::new("/oauth/token").delay(Duration::from_millis(30)));
    let (mut lost, mut claimed) = (0, 0);
    for round in 0..50 {
        expired(&stage);
        let mut process = stage.token();
        process.kill_after(Duration::from_millis(round * 2));
        let claim = stage.has_claim();
        claimed += u32::from(claim);
        let (status, told) = stage.token().ended();
        if status == Some(0) {
            assert!(!claim, "a token that may be spent was sent again");
        } else {
            assert_eq!(status, Some(3), "{told}");
            assert!(told.contains("its answer never seen"), "{told}");
            assert!(claim, "a login was lost although no claim stood");
            lost += 1;
            stage.log_in();
        }
        assert_eq!(stage.emulator.reuse_events(), 0);
    }
    assert_eq!(lost, claimed);
    assert!(lost > 0 && lost < 50, "{lost} of 50 kills fell between claim and commit");
}

#[test]
fn a_stopped_renewal_holds_up_nobody_for_ever_and_a_login_goes_through() {
    let stage = Stage::new(Rotation::Revoke, "strict");
    stage.emulator.configure(|settings| settings.token_lifetime_s = 60);
    stage.log_in();
    let access_token = stage.access_token();
    stage.make_stale();
    stage.emulator.fault(Fault::new("/oauth/token").hang().times(1));
    let stopped = stage.token();
    until(|| stage.has_claim());
    stopped.stop();
    // The token is in its advisory window: it is served, after the patience of a caller at most.
    let begun = Instant::now();
    assert_eq!(stage.token().served(), access_token);
    assert!(begun.elapsed() < Duration::from_secs(15));
    stage.log_in();
    assert_ne!(stage.token().served(), access_token);
    assert_eq!(stage.emulator.reuse_events(), 0);
}

#[test]
fn a_stopped_renewal_takes_the_answer_that_came_meanwhile() {
    let stage = Stage::new(Rotation::Revoke, "strict");
    expired(&stage);
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

#[test]
fn a_full_disk_keeps_the_login_and_a_later_call_renews_it() {
    let stage = Stage::new(Rotation::Revoke, "strict");
    expired(&stage);
    let (status, told) = stage.token_on_full_disk();
    assert_eq!(status, Some(5), "{told}");
    assert_eq!(stage.emulator.token_requests_of("refresh_token"), 0, "no durable claim, no request");
    stage.token().served();
    assert_eq!(stage.emulator.reuse_events(), 0);
}

#[test]
fn a_read_only_home_serves_the_token_to_its_end_and_then_says_why() {
    let stage = Stage::new(Rotation::Revoke, "strict");
    let access_token = stage.access_token();
    let (status, told) = stage.token_on_read_only_disk();
    assert_eq!((status, told.trim()), (Some(0), access_token.as_str()));
    expired(&stage);
    let (status, told) = stage.token_on_read_only_disk();
    assert_eq!(status, Some(3), "{told}");
    assert!(told.contains("cannot be written"), "{told}");
    assert_eq!(stage.emulator.token_requests_of("refresh_token"), 0);
    stage.token().served();
}
