//! Servers that never finish: the wait ends with the caller's time, at most 200 ms late.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::{OK, Peer, Server, door, request, timely};
use crate::error::{Error, ErrorKind};
use crate::http::Http as _;
use crate::net::Socket;
use crate::sys::{System as _, Unix};

const LIMIT: Duration = Duration::from_millis(730);
const PAUSE: Duration = Duration::from_millis(30);

fn gives_up_in_time(what: &str, serve: impl Fn(&mut Peer) + Send + Sync + 'static) {
    let server = Server::start(serve);
    timely(LIMIT, || {
        let error = door().exchange(&request(&server.url("/token"), LIMIT)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{what}: {error}");
    });
}

#[test]
fn silent_server_ends_with_the_deadline() {
    gives_up_in_time("silent", |peer| {
        peer.hear();
        peer.wait();
    });
}

#[test]
fn dripping_body_ends_with_the_deadline() {
    gives_up_in_time("length", |peer| {
        peer.hear();
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        peer.repeat(b"x", PAUSE);
    });
    gives_up_in_time("end of file", |peer| {
        peer.hear();
        peer.say(b"HTTP/1.1 200 OK\r\n\r\n");
        peer.repeat(b"x", PAUSE);
    });
    gives_up_in_time("chunked", |peer| {
        peer.hear();
        peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        peer.repeat(b"1\r\nx\r\n", PAUSE);
    });
}

#[test]
fn endless_head_ends_with_the_deadline() {
    gives_up_in_time("one line", |peer| {
        peer.hear();
        peer.say(b"HTTP/1.1 200 OK\r\nX: ");
        peer.repeat(b"x", PAUSE);
    });
    gives_up_in_time("informational answers", |peer| {
        peer.hear();
        peer.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n", PAUSE);
    });
    gives_up_in_time("nothing but the status", |peer| {
        peer.hear();
        peer.say(b"HTTP/1.1 200 OK\r\n");
        peer.wait();
    });
}

#[test]
fn server_that_reads_nothing_ends_with_the_deadline() {
    let server = Server::start(|peer| peer.repeat(b"", PAUSE));
    timely(LIMIT, || {
        let deadline = Unix.monotonic() + LIMIT;
        let mut socket = Socket::connect(&[server.address], deadline, Arc::new(Unix)).unwrap();
        // Until the buffers of both ends are full.
        let error = loop {
            if let Err(error) = socket.write(&[b'x'; 8 * 1024]) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    });
}

#[test]
fn deadline_in_the_past_sends_nothing() {
    let server = Server::answering(OK);
    let error = door().exchange(&request(&server.url("/"), Duration::ZERO)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(server.heard().len(), 0);
}

/// What comes of waiting for a TLS server that says nothing.
fn silent_handshake(within: Duration) -> Error {
    let server = Server::start(Peer::wait_long);
    let url = server.url("/token").replace("http:", "https:");
    door().exchange(&request(&url, within)).err().unwrap()
}

#[test]
fn tls_server_that_says_nothing_ends_with_the_deadline() {
    timely(LIMIT, || assert_eq!(silent_handshake(LIMIT).kind(), ErrorKind::DeadlineExceeded));
}

#[test]
fn connecting_ends_after_five_seconds_whatever_time_the_caller_has() {
    timely(Duration::from_secs(5), || {
        let error = silent_handshake(Duration::from_secs(20));
        assert_eq!(error.kind(), ErrorKind::NetworkError, "{error}");
        assert!(error.message().contains("within 5 s"), "{error}");
    });
}

impl Peer {
    /// Reads and says nothing until the client hangs up.
    fn wait_long(&mut self) {
        let mut bytes = [0; 4096];
        while matches!(std::io::Read::read(&mut self.stream, &mut bytes), Ok(1..)) {}
    }
}
