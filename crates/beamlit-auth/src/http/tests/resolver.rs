//! Name lookups: when there is one, and what a hanging one costs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Machine, OK, Server, get, request, settings, timely};
use crate::error::ErrorKind;
use crate::http::{AT_ONCE, Door, Http as _};

fn door(machine: &Arc<Machine>) -> Door {
    Door::new(settings(), machine.clone()).unwrap()
}

#[test]
fn address_and_localhost_need_no_lookup() {
    let machine = Arc::new(Machine::default());
    let door = door(&machine);
    let server = Server::start(|peer| {
        while peer.hear().is_some() {
            peer.say(OK);
        }
    });
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        get(&door, &server.url("/").replace("127.0.0.1", host)).unwrap();
    }
    assert_eq!(get(&door, "http://[::1]:1/").err().unwrap().kind(), ErrorKind::NetworkError);
    assert_eq!(machine.threads.load(Ordering::SeqCst), 0);
}

#[test]
fn lookup_that_hangs_ends_with_the_deadline_and_the_number_of_threads_is_bounded() {
    let machine = Arc::new(Machine { hold: true, ..Machine::default() });
    let door = door(&machine);
    for _ in 0..8 {
        let error = door.exchange(&request("https://a.invalid/", 2 * AT_ONCE)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    }
    let refused = |text: &str| {
        let error = door.exchange(&request("https://a.invalid/", 2 * AT_ONCE)).err().unwrap();
        assert!(error.message().contains(text), "{error}");
    };
    refused("8 earlier lookups hang");
    assert_eq!(machine.threads.load(Ordering::SeqCst), 8);
    // One of them ends at last.
    let work = machine.held.lock().unwrap().pop().unwrap();
    work();
    refused("did not answer");
}

#[test]
fn lookup_that_outlasts_the_limit_for_connecting_is_a_network_error() {
    timely(Duration::from_secs(5), || {
        let machine = Arc::new(Machine { hold: true, ..Machine::default() });
        let error = get(&door(&machine), "https://a.invalid/").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NetworkError, "{error}");
    });
}
