use std::time::Duration;

use super::{Freshness, Life, Moment};

fn at(seconds: u64) -> Moment {
    Moment { boot: Duration::from_secs(seconds), wall: Duration::from_secs(1_000_000 + seconds) }
}

fn life(seconds: u64) -> Life {
    Life::new(at(0), Some(Duration::from_secs(seconds)))
}

#[test]
fn windows_are_a_fifth_and_a_twentieth_and_capped() {
    for (length, advisory, mandatory) in [(7200, 6600, 7140), (100, 80, 95), (3600, 3000, 3540)] {
        let life = life(length);
        assert_eq!(life.freshness(at(advisory - 1)), Freshness::Fresh);
        assert_eq!(life.freshness(at(advisory)), Freshness::Advisory);
        assert_eq!(life.freshness(at(mandatory - 1)), Freshness::Advisory);
        assert_eq!(life.freshness(at(mandatory)), Freshness::Mandatory);
        assert_eq!(life.freshness(at(length - 1)), Freshness::Mandatory);
        assert_eq!(life.freshness(at(length)), Freshness::Expired);
    }
}

#[test]
fn what_has_no_end_is_always_fresh() {
    let life = Life::new(at(0), None);
    assert_eq!(life.freshness(at(u64::from(u32::MAX))), Freshness::Fresh);
    assert_eq!(life.fresh_for(at(5)), None);
}

#[test]
fn lives_of_nothing_and_of_ages_are_clamped() {
    assert_eq!(life(0).freshness(at(3)), Freshness::Fresh);
    assert_eq!(life(0).freshness(at(5)), Freshness::Expired);
    let endless = Life::new(at(0), Some(Duration::MAX));
    assert!(endless.expires_at().is_some());
}

#[test]
fn the_earlier_of_both_clocks_ends_a_life() {
    let asleep = Moment { boot: Duration::from_secs(7200), wall: Duration::from_secs(1_000_010) };
    let jumped = Moment { boot: Duration::from_secs(10), wall: Duration::from_secs(1_000_000 + 86_400) };
    assert_eq!(life(7200).freshness(asleep), Freshness::Expired);
    assert_eq!(life(7200).freshness(jumped), Freshness::Expired);
}

#[test]
fn a_wall_clock_that_went_back_makes_the_token_stale_but_not_useless() {
    let back = Moment { boot: Duration::from_secs(10), wall: Duration::from_secs(1_000_000 - 61) };
    assert_eq!(life(7200).freshness(back), Freshness::Mandatory);
}

#[test]
fn min_valid_is_cut_to_what_a_new_token_has() {
    let wanted = Duration::from_secs(86_400);
    assert_eq!(life(7200).clamp_min_valid(wanted), Duration::from_secs(7140));
    assert_eq!(Life::new(at(0), None).clamp_min_valid(wanted), Duration::ZERO);
}
