//! Requests that have no more time than a blink, and what comes of them afterwards.

use std::net::Shutdown;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{OK, Peer, Server, door, get, request};
use crate::error::{ErrorKind, Result};
use crate::http::door::Door;
use crate::http::{AT_ONCE, Http as _, Response};

const SECOND: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";

fn at_once(door: &Door, url: &str) -> Result<Response> {
    door.exchange(&request(url, AT_ONCE))
}

/// A server that answers the first request of each connection at once, and the others as `later` does.
fn server(later: impl Fn(&mut Peer) + Send + Sync + 'static) -> Server {
    Server::start(move |peer| {
        peer.hear();
        peer.say(OK);
        while peer.hear().is_some() {
            later(peer);
        }
    })
}

/// One that says nothing more before it is told to.
fn waiting(told: Receiver<()>) -> Server {
    let told = Mutex::new(told);
    server(move |peer| {
        let _ = told.lock().unwrap().recv_timeout(Duration::from_secs(10));
        peer.say(SECOND);
    })
}

fn paths(server: &Server) -> Vec<String> {
    server.heard().iter().map(|request| request[4..6].to_owned()).collect()
}

#[test]
fn no_connection_is_opened_for_it() {
    let server = server(|_| {});
    let error = at_once(&door(), &server.url("/a")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(server.connections(), 0);
}

#[test]
fn it_is_answered_over_a_connection_that_stands() {
    let server = server(|peer| peer.say(SECOND));
    let door = door();
    get(&door, &server.url("/a")).unwrap();
    for _ in 0..5 {
        assert_eq!(at_once(&door, &server.url("/b")).unwrap().status, 201);
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_body_may_come_a_little_later_than_its_head() {
    let server = server(|peer| {
        peer.say(&SECOND[..SECOND.len() - 2]);
        std::thread::sleep(AT_ONCE + AT_ONCE / 2);
        peer.say(b"{}");
    });
    let door = door();
    get(&door, &server.url("/a")).unwrap();
    assert_eq!(*at_once(&door, &server.url("/b")).unwrap().body, b"{}");
}

#[test]
fn an_answer_that_comes_later_is_waited_for_and_nothing_is_sent_again() {
    let (tell, told) = channel();
    let (server, door) = (waiting(told), door());
    get(&door, &server.url("/a")).unwrap();
    let error = at_once(&door, &server.url("/b")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    tell.send(()).unwrap();
    assert_eq!(get(&door, &server.url("/b")).unwrap().status, 201);
    assert_eq!(paths(&server), ["/a", "/b"]);
}

#[test]
fn an_answer_is_none_to_another_request() {
    let (tell, told) = channel();
    let (server, door) = (waiting(told), door());
    get(&door, &server.url("/a")).unwrap();
    assert!(at_once(&door, &server.url("/b")).is_err());
    tell.send(()).unwrap();
    assert_eq!(get(&door, &server.url("/c")).unwrap().status, 200);
    assert_eq!(paths(&server), ["/a", "/b", "/c"]);
}

#[test]
fn a_connection_that_dies_instead_is_replaced_once() {
    let (tell, told) = channel::<()>();
    let told = Mutex::new(told);
    let server = server(move |peer| {
        let _ = told.lock().unwrap().recv_timeout(Duration::from_secs(10));
        peer.stream.shutdown(Shutdown::Both).unwrap();
    });
    let door = door();
    get(&door, &server.url("/a")).unwrap();
    assert!(at_once(&door, &server.url("/b")).is_err());
    tell.send(()).unwrap();
    assert_eq!(get(&door, &server.url("/b")).unwrap().status, 200);
    assert_eq!(paths(&server), ["/a", "/b", "/b"]);
}
