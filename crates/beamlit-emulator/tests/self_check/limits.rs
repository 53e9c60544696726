use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use beamlit_emulator::Emulator;

use crate::{agent, get, send};

/// Sends bytes, and reads until the emulator closes the connection.
fn raw(emulator: &Emulator, request: &str) -> String {
    let address = emulator.console_url().replace("http://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[test]
fn only_names_of_this_machine_are_served() {
    let emulator = Emulator::start().unwrap();
    let port = emulator.console_url().rsplit(':').next().unwrap().to_owned();
    for path in ["/", "/v0/.well-known/openid-configuration", "/_emulator/requests"] {
        for (host, expected) in [
            ("127.0.0.1", "200"),
            (&format!("127.0.0.1:{port}"), "200"),
            ("localhost", "200"),
            (&format!("LocalHost:{port}"), "200"),
            ("[::1]", "200"),
            (&format!("[::1]:{port}"), "200"),
            ("emulator.example", "403"),
            (&format!("127.0.0.1.emulator.example:{port}"), "403"),
            ("127.0.0.1@emulator.example", "403"),
            ("emulator.example@127.0.0.1", "403"),
            ("localhost.", "403"),
            ("0.0.0.0", "403"),
            ("127.0.0.2", "403"),
            ("", "403"),
        ] {
            let answer =
                raw(&emulator, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
            assert_eq!(status(&answer), expected, "{path} {host}");
        }
    }
}

#[test]
fn no_two_or_hidden_hosts_are_served() {
    let emulator = Emulator::start().unwrap();
    for request in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: emulator.example\r\nConnection: close\r\n\r\n",
        "GET http://emulator.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ] {
        assert_eq!(status(&raw(&emulator, request)), "403", "{request}");
    }
    let absolute = "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&raw(&emulator, absolute)), "200");
}

#[test]
fn a_body_has_one_mebibyte_at_most() {
    let emulator = Emulator::start().unwrap();
    let post = |length| send(&agent(), "POST", &emulator.token_endpoint(), &[], &"x".repeat(length));
    assert_eq!(post(1 << 20).unwrap().status, 400);
    // The answer may be lost where the client is still sending when the connection is closed.
    assert!(post((1 << 20) + 1).map_or(true, |answer| answer.status == 413));
    let declared = "POST /v0/oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n";
    assert_eq!(status(&raw(&emulator, declared)), "413");
}

#[test]
fn a_connection_is_kept_alive() {
    let emulator = Emulator::start().unwrap();
    let agent = agent();
    for _ in 0..3 {
        let answer = send(&agent, "GET", &emulator.console_url(), &[], "").unwrap();
        assert_eq!(answer.status, 200);
    }
    assert_eq!((emulator.connections(), emulator.requests().len()), (1, 3));
}

#[test]
fn emulators_share_nothing() {
    let (one, two) = (Emulator::start().unwrap(), Emulator::start().unwrap());
    let key = one.api_key("acme");
    let status =
        |emulator: &Emulator| get(&format!("{}/models", emulator.api_url()), &[("Api-Key", &key)]).status;
    assert_eq!((status(&one), status(&two)), (200, 401));
    assert_eq!((one.requests().len(), two.requests().len()), (1, 1));
}

#[test]
fn many_callers_at_once_are_all_served() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.api_key("acme");
    let models = format!("{}/models", emulator.api_url());
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| assert_eq!(get(&models, &[("Api-Key", &key)]).status, 200));
        }
    });
    assert_eq!(emulator.requests().len(), 64);
}

#[test]
fn only_the_last_ten_thousand_requests_are_kept() {
    let emulator = Emulator::start().unwrap();
    let agent = agent();
    for number in 0..10_005 {
        send(&agent, "GET", &format!("{}/?n={number}", emulator.console_url()), &[], "").unwrap();
    }
    let requests = emulator.requests();
    assert_eq!((requests.len(), requests[0].query.as_deref()), (10_000, Some("n=5")));
    assert!(requests.iter().all(|request| request.status == Some(200)));
}
