//! Answers that are wrong in every way that the wire allows, and the bytes that leave.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{OK, Server, door, get, post, request, settings};
use crate::error::{Error, ErrorKind};
use crate::http::{Door, DoorSettings, Http as _, Request, Response};
use crate::secret::Secret;
use crate::sys::Unix;

const SECONDS: Duration = Duration::from_secs(20);

/// What comes of one GET that is answered with `answer`, and a closed connection after it.
fn answered(answer: impl Into<Vec<u8>>) -> Result<Response, Error> {
    let server = Server::answering(answer);
    get(&door(), &server.url("/token?code=CANARY"))
}

fn refused(answer: impl Into<Vec<u8>>) -> Error {
    let error = answered(answer).err().expect("an error");
    assert!(!error.message().contains("CANARY") && !error.message().contains('\n'), "{error}");
    assert!(error.message().contains("http://127.0.0.1:"), "{error}");
    error
}

#[test]
fn request_is_what_was_asked_for_and_nothing_else() {
    let server = Server::start(|peer| {
        while peer.hear().is_some() {
            peer.say(OK);
        }
    });
    let door = door();
    let authorized = Request {
        authorization: Some(Secret::new("Basic CANARY")),
        ..request(&server.url("/a?b=c"), SECONDS)
    };
    assert_eq!(door.exchange(&authorized).unwrap().status, 200);
    post(&door, &server.url("/token"), "grant_type=x").unwrap();
    let host = server.url("").replace("http://", "");
    let expected = [
        format!(
            "GET /a?b=c HTTP/1.1\r\naccept: application/json\r\nauthorization: Basic CANARY\r\nhost: {host}\r\n\
             user-agent: beamlit-auth/test\r\n\r\n"
        ),
        format!(
            "POST /token HTTP/1.1\r\naccept: application/json\r\ncontent-length: 12\r\n\
             content-type: application/x-www-form-urlencoded\r\nhost: {host}\r\nuser-agent: beamlit-auth/test\r\n\r\n\
             grant_type=x"
        ),
    ];
    let heard: Vec<_> = server.heard().iter().map(|request| sorted(request)).collect();
    assert_eq!(heard, expected);
}

/// The same request with its header lines in order.
fn sorted(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut headers: Vec<_> = headers.split("\r\n").collect();
    headers.sort_unstable();
    format!("{line}\r\n{}\r\n\r\n{body}", headers.join("\r\n"))
}

#[test]
fn answer_is_given_whole_whatever_its_status() {
    let answer = answered(
        "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json;charset=utf-8\r\nRetry-After: 7\r\n\
         Content-Length: 26\r\n\r\n{\"error\":\"invalid_client\"}",
    )
    .unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(answer.content_type.as_deref(), Some("application/json;charset=utf-8"));
    assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(&**answer.body, br#"{"error":"invalid_client"}"#);
    for (status, answer) in [
        (204, "HTTP/1.1 204 No Content\r\n\r\n"),
        (503, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
        (599, "HTTP/1.1 599\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let answer = answered(answer).unwrap();
        assert_eq!((answer.status, answer.body.len(), answer.content_type), (status, 0, None));
    }
}

#[test]
fn http_1_0_without_length_is_accepted_as_it_is() {
    assert_eq!(&**answered("HTTP/1.0 200 OK\r\n\r\n{\"a\":1").unwrap().body, b"{\"a\":1");
}

#[test]
fn chunked_answer_is_put_together() {
    let answer = answered(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n",
    );
    assert_eq!(&**answer.unwrap().body, b"{\"a\":1}");
}

#[test]
fn informational_answers_are_passed_over() {
    let answer = answered(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\
         Content-Length: 2\r\n\r\n{}",
    );
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn answer_that_is_cut_off_is_a_network_error() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1",
    ] {
        let error = refused(answer);
        assert_eq!(error.kind(), ErrorKind::NetworkError, "{answer:?}: {error}");
        assert!(error.message().contains("cut off"), "{answer:?}: {error}");
    }
}

#[test]
fn empty_reply_is_a_network_error() {
    let error = refused("");
    assert_eq!(error.kind(), ErrorKind::NetworkError);
    assert!(error.message().contains("without an answer"), "{error}");
}

#[test]
fn lengths_that_contradict_each_other_are_refused() {
    for length in ["2\r\nContent-Length: 3", "-1", "2, 3", "0x10", "99999999999999999999999999"] {
        let error = refused(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{{}}"));
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{length}: {error}");
    }
}

#[test]
fn body_is_capped_at_one_mebibyte() {
    let mebibyte = 1024 * 1024;
    let whole =
        |size: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n{}", "x".repeat(size));
    assert_eq!(answered(whole(mebibyte)).unwrap().body.len(), mebibyte);
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(2 * mebibyte));
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(20);
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
    for answer in [whole(mebibyte + 1), endless, chunked] {
        let error = refused(answer);
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
        assert!(error.message().contains("answer larger than 1 MiB"), "{error}");
    }
}

#[test]
fn declared_gigabyte_is_refused_at_once() {
    let server = Server::start(|peer| {
        peer.hear();
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
        peer.wait();
    });
    let begun = Instant::now();
    let error = get(&door(), &server.url("/")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn head_is_capped_in_bytes_and_lines() {
    let fits = format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 2\r\n\r\n{{}}", "x".repeat(60 * 1024));
    assert_eq!(&**answered(fits).unwrap().body, b"{}");
    let lines = "X: y\r\n".repeat(200);
    for head in [format!("X: {}\r\n", "x".repeat(70 * 1024)), lines.clone(), lines.repeat(1000)] {
        let error = refused(format!("HTTP/1.1 200 OK\r\n{head}\r\n"));
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
    }
}

#[test]
fn endless_head_is_refused_without_end_of_line() {
    let server = Server::start(|peer| {
        peer.hear();
        peer.say(b"HTTP/1.1 200 OK\r\nX: ");
        peer.repeat(&[b'x'; 4096], Duration::ZERO);
    });
    let error = get(&door(), &server.url("/")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
}

#[test]
fn what_is_no_http_is_refused() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.2p1\r\n"[..],
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1200 OK\r\n\r\n",
        b"<html></html>\r\n\r\n",
        b"{\"access_token\":\"CANARY\"}\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 200 OK\r\nbad header line\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nCANARY\r\n",
    ] {
        let error = refused(answer);
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
    }
}

#[test]
fn status_outside_200_to_599_is_refused() {
    for status in ["101 Switching Protocols", "600 Odd", "999 Odd"] {
        let error = refused(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{status}");
        assert!(error.message().contains(&status[..3]), "{error}");
    }
}

#[test]
fn redirect_is_given_back_and_its_target_never_contacted() {
    let target = Server::answering(OK);
    for status in [301, 302, 303, 307, 308] {
        for body in ["Content-Length: 0\r\n\r\n", "Content-Length: 2\r\n\r\n{}", "Connection: close\r\n\r\n"]
        {
            let server = Server::answering(format!(
                "HTTP/1.1 {status} Moved\r\nLocation: {}\r\n{body}",
                target.url("/evil")
            ));
            let door = door();
            assert_eq!(get(&door, &server.url("/token")).unwrap().status, status);
            assert_eq!(post(&door, &server.url("/token"), "client_secret=CANARY").unwrap().status, status);
        }
    }
    assert_eq!(target.connections(), 0);
}

#[test]
fn long_authorization_goes_through_on_a_connection_of_its_own() {
    let server = Server::start(|peer| {
        while peer.hear().is_some() {
            peer.say(OK);
        }
    });
    let door = door();
    for length in [100, 3_000, 5_000, 64_000] {
        let authorization = format!("Bearer {}", "x".repeat(length));
        let request = Request {
            authorization: Some(Secret::new(&*authorization)),
            ..request(&server.url("/v0/models"), SECONDS)
        };
        assert_eq!(door.exchange(&request).unwrap().status, 200);
        assert!(server.heard().last().unwrap().contains(&authorization));
    }
    assert_eq!(server.connections(), 3);
}

#[test]
fn long_body_arrives_whole() {
    let server = Server::answering(OK);
    let text = format!("assertion=CANARY{}", "x".repeat(300_000));
    post(&door(), &server.url("/token"), &text).unwrap();
    assert!(server.heard()[0].ends_with(&text));
}

#[test]
fn authorization_that_is_no_header_value_is_refused_before_connecting() {
    let server = Server::answering(OK);
    for value in ["Bearer a\r\nX: y", "Bearer é", "Bearer \0", "Bearer \x7f", "Bearer a\tb"] {
        let request =
            Request { authorization: Some(Secret::new(value)), ..request(&server.url("/"), SECONDS) };
        let error = door().exchange(&request).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InternalError);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn user_agent_that_is_no_header_value_is_refused() {
    for user_agent in ["a\r\nX: y", "é", &"x".repeat(1025)] {
        let settings = DoorSettings { user_agent: user_agent.to_owned(), ..settings() };
        let error = Door::new(settings, Arc::new(Unix)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    }
}

#[test]
fn nobody_there_is_a_network_error_that_names_the_origin() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = get(&door(), &format!("http://{address}/")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NetworkError);
    assert!(
        error.message().contains(&format!("cannot connect to http://{address}: connection refused")),
        "{error}"
    );
    assert!(error.retry_after().is_some());
}

#[test]
fn second_address_is_tried_when_the_first_refuses() {
    // `localhost` is 127.0.0.1, then ::1; only the latter listens.
    let Ok(listener) = std::net::TcpListener::bind("[::1]:0") else {
        panic!("this machine has no IPv6 loopback; run `ip addr add ::1/128 dev lo`")
    };
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        super::read_request(&mut stream);
        std::io::Write::write_all(&mut stream, OK).unwrap();
    });
    assert_eq!(get(&door(), &format!("http://localhost:{port}/")).unwrap().status, 200);
    thread.join().unwrap();
}

#[test]
fn name_that_does_not_exist_is_a_network_error() {
    let error = get(&door(), "https://no-such-host.invalid/token?CANARY").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NetworkError);
    assert!(error.message().contains("no address for no-such-host.invalid"), "{error}");
}
