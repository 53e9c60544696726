//! Connections that are kept, and when they are not.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use super::{OK, Server, door, get, post};
use crate::error::ErrorKind;

#[test]
fn connection_is_kept_for_the_next_request() {
    let server = Server::start(|peer| {
        while peer.hear().is_some() {
            peer.say(OK);
        }
    });
    let door = door();
    for _ in 0..20 {
        get(&door, &server.url("/")).unwrap();
        post(&door, &server.url("/token"), "a=b").unwrap();
    }
    assert_eq!((server.connections(), server.heard().len()), (1, 40));
}

#[test]
fn connection_that_the_server_closed_meanwhile_is_not_used() {
    let server = Server::answering(OK);
    let door = door();
    for _ in 0..5 {
        get(&door, &server.url("/")).unwrap();
    }
    assert_eq!(server.connections(), 5);
}

#[test]
fn connection_that_dies_on_its_next_request_is_replaced_once() {
    // The first connection takes a second request and closes without a word.
    let server = Server::start(|peer| {
        peer.hear();
        peer.say(OK);
        peer.hear();
        if peer.number > 0 {
            peer.say(OK);
        }
    });
    let door = door();
    get(&door, &server.url("/1")).unwrap();
    assert_eq!(get(&door, &server.url("/2")).unwrap().status, 200);
    let paths: Vec<_> = server.heard().iter().map(|request| request[..6].to_owned()).collect();
    assert_eq!(paths, ["GET /1", "GET /2", "GET /2"]);
}

#[test]
fn fresh_connection_that_dies_is_not_replaced() {
    let server = Server::start(|peer| {
        peer.hear();
    });
    let error = get(&door(), &server.url("/")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NetworkError);
    assert_eq!(server.connections(), 1);
}

#[test]
fn request_that_fails_twice_is_not_sent_a_third_time() {
    let server = Server::start(|peer| {
        peer.hear();
        if peer.number == 0 {
            peer.say(OK);
            peer.hear();
        }
    });
    let door = door();
    get(&door, &server.url("/1")).unwrap();
    let error = get(&door, &server.url("/2")).err().unwrap();
    assert!(error.message().contains("without an answer"), "{error}");
    assert_eq!((server.connections(), server.heard().len()), (2, 3));
}

#[test]
fn kept_connection_that_answers_in_part_is_not_replaced() {
    let server = Server::start(|peer| {
        peer.hear();
        peer.say(OK);
        peer.hear();
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Le");
    });
    let door = door();
    get(&door, &server.url("/1")).unwrap();
    let error = get(&door, &server.url("/2")).err().unwrap();
    assert!(error.message().contains("cut off"), "{error}");
    assert_eq!(server.heard().len(), 2);
}

#[test]
fn bytes_after_an_answer_are_never_the_next_answer() {
    let server = Server::start(|peer| {
        peer.hear();
        peer.say(&[OK, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"].concat());
        peer.hear();
        peer.say(OK);
    });
    let door = door();
    for _ in 0..3 {
        assert_eq!(&**get(&door, &server.url("/")).unwrap().body, b"{}");
    }
    assert_eq!(server.connections(), 3);
}

#[test]
fn bytes_that_come_later_are_never_the_next_answer() {
    let turn = Arc::new(Barrier::new(2));
    let server = Server::start({
        let turn = Arc::clone(&turn);
        move |peer| {
            peer.hear();
            peer.say(OK);
            if peer.number == 0 {
                turn.wait();
                peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                turn.wait();
                peer.wait();
            }
        }
    });
    let door = door();
    get(&door, &server.url("/")).unwrap();
    turn.wait();
    turn.wait();
    assert_eq!(&**get(&door, &server.url("/")).unwrap().body, b"{}");
    assert_eq!(server.connections(), 2);
}

#[test]
fn kept_connection_that_is_reset_within_an_answer_is_not_replaced() {
    let server = Server::start(|peer| {
        peer.hear();
        peer.say(OK);
        // Closing with unread bytes resets the connection.
        let _ = peer.stream.read(&mut [0; 1]);
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Le");
    });
    let door = door();
    get(&door, &server.url("/1")).unwrap();
    let error = post(&door, &server.url("/2"), &"x".repeat(1000)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NetworkError, "{error}");
    assert_eq!(server.connections(), 1);
}

#[test]
fn reset_before_an_answer_is_a_network_error() {
    let server = Server::start(|peer| {
        // Closing with unread bytes resets the connection.
        let _ = peer.stream.read(&mut [0; 1]);
    });
    let error = get(&door(), &server.url("/")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NetworkError, "{error}");
}

#[test]
fn answer_that_comes_with_the_end_of_the_stream_is_taken() {
    let server = Server::start(|peer| {
        peer.hear();
        peer.stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole").unwrap();
        peer.stream.shutdown(Shutdown::Write).unwrap();
        peer.wait();
    });
    assert_eq!(&**get(&door(), &server.url("/")).unwrap().body, b"whole");
}

#[test]
fn threads_share_a_door() {
    let server = Server::start(|peer| {
        while peer.hear().is_some() {
            std::thread::sleep(Duration::from_millis(1));
            peer.say(OK);
        }
    });
    let door = Arc::new(door());
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let (door, url) = (Arc::clone(&door), server.url("/"));
            std::thread::spawn(move || {
                for _ in 0..10 {
                    assert_eq!(get(&door, &url).unwrap().status, 200);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(server.heard().len(), 160);
}
