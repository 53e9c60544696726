//! Exchanges that spend what they send: what has arrived is read, and what has not left is known.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use super::{OK, Server, request, settings};
use crate::error::{Error, ErrorKind};
use crate::http::{Door, Http as _};
use crate::net::Socket;
use crate::session::tests::machine::Machine;
use crate::sys::System;

const LIMIT: Duration = Duration::from_secs(20);

/// A machine whose clocks a test moves, and a door on it.
fn stage() -> (Arc<Machine>, Door) {
    let machine = Arc::new(Machine::default());
    (Arc::clone(&machine), Door::new(settings(), machine).unwrap())
}

#[test]
fn what_arrived_while_the_process_was_stopped_is_read_after_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let machine = Arc::new(Machine::default());
    let deadline = machine.monotonic() + LIMIT;
    let mut socket =
        Socket::connect(&[listener.local_addr().unwrap()], deadline, Arc::clone(&machine) as _).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    peer.write_all(&vec![b'x'; 40_000]).unwrap();
    machine.pass(2 * LIMIT);
    let mut read = 0;
    let error = loop {
        match socket.read(&mut [0; 4096]) {
            Ok(amount) => read += amount,
            Err(error) => break error,
        }
    };
    assert_eq!((read, error.kind()), (40_000, std::io::ErrorKind::TimedOut));
}

#[test]
fn an_answer_is_taken_whole_though_the_time_passes_while_it_comes() {
    let (machine, door) = stage();
    let clock = Arc::clone(&machine);
    let server = Server::start(move |peer| {
        peer.hear();
        clock.pass(2 * LIMIT);
        peer.say(OK);
    });
    let response = door.exchange_once(&request(&server.url("/token"), LIMIT), &mut || Ok(())).unwrap();
    assert_eq!((response.status, &response.body[..]), (200, &b"{}"[..]));
}

#[test]
fn a_request_that_could_not_leave_in_time_is_known_not_to_have_left() {
    let (machine, door) = stage();
    let server = Server::answering(OK);
    let slow = &mut || {
        machine.pass(2 * LIMIT);
        Ok(())
    };
    let error = door.exchange_once(&request(&server.url("/token"), LIMIT), slow).err().unwrap();
    assert!(error.is_nothing_sent(), "{error}");
    assert!(server.heard().is_empty());
}

#[test]
fn a_request_that_left_says_nothing_about_the_server() {
    let (_, door) = stage();
    let server = Server::start(|peer| drop(peer.hear()));
    let error: Error =
        door.exchange_once(&request(&server.url("/token"), LIMIT), &mut || Ok(())).err().unwrap();
    assert_eq!((error.kind(), error.is_nothing_sent()), (ErrorKind::NetworkError, false), "{error}");
}
