use std::thread;
use std::time::{Duration, Instant};

use beamlit_emulator::{Emulator, Fault};
use serde_json::json;

use crate::{Answer, agent, get, post_json, send};

fn token(emulator: &Emulator, client: &(String, String)) -> Answer {
    let body = json!({"grant_type": "client_credentials", "client_id": client.0, "client_secret": client.1});
    post_json(&emulator.token_endpoint(), &[], &body)
}

/// Waits until the emulator has seen so many requests.
fn wait_for_requests(emulator: &Emulator, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while emulator.requests().len() < count {
        assert!(Instant::now() < deadline, "the request never arrived");
        thread::yield_now();
    }
}

#[test]
fn a_status_comes_so_many_times_with_its_retry_after() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client_credentials("acme");
    emulator.fault(Fault::new("/oauth/token").status(503).retry_after(7).times(2));
    for _ in 0..2 {
        let answer = token(&emulator, &client);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
        assert_eq!(answer.json(), json!({"code": 503, "error": "Service Unavailable"}));
    }
    assert_eq!(token(&emulator, &client).status, 200);
    let statuses: Vec<_> = emulator.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(200)]);
    assert_eq!(emulator.token_requests(), 3);
}

#[test]
fn a_fault_is_for_its_path_its_method_and_its_turn() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client_credentials("acme");
    let models = format!("{}/models", emulator.api_url());
    emulator.fault(Fault::new("/v0/models").status(500));
    assert_eq!((token(&emulator, &client).status, get(&models, &[]).status), (200, 500));
    emulator.clear_faults();
    emulator.fault(Fault::new("/models").method("post").status(500));
    assert_eq!((post_json(&models, &[], &json!({})).status, get(&models, &[]).status), (500, 401));
    emulator.clear_faults();
    emulator.fault(Fault::new("/models").skip(1).times(1).status(500));
    assert_eq!([(); 3].map(|()| get(&models, &[]).status), [401, 500, 401]);
}

#[test]
fn of_several_faults_the_oldest_happens() {
    let emulator = Emulator::start().unwrap();
    let models = format!("{}/models", emulator.api_url());
    emulator.fault(Fault::new("/").status(500).times(1));
    emulator.fault(Fault::new("/models").status(429).times(1));
    assert_eq!([(); 3].map(|()| get(&models, &[]).status), [500, 429, 401]);
}

#[test]
fn redirects_of_every_code_go_wherever_they_are_told() {
    let emulator = Emulator::start().unwrap();
    let models = format!("{}/models", emulator.api_url());
    for code in [301, 302, 303, 307, 308] {
        emulator.fault(Fault::new("/models").redirect("https://elsewhere.example/x?y").status(code).times(1));
        let answer = get(&models, &[]);
        assert_eq!((answer.status, answer.header("location")), (code, Some("https://elsewhere.example/x?y")));
    }
    emulator.fault(Fault::new("/models").redirect("/").times(1));
    assert_eq!(get(&models, &[]).status, 302);
}

#[test]
fn a_body_is_sent_to_the_byte() {
    let emulator = Emulator::start().unwrap();
    let models = format!("{}/models", emulator.api_url());
    emulator.fault(Fault::new("/models").body("text/html", *b"<html>\xff\x00").times(1));
    let answer = get(&models, &[]);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html")));
    assert_eq!(answer.body, b"<html>\xff\x00");
    emulator.fault(Fault::new("/models").body("application/json", "[").size(3 << 20).status(502).times(1));
    let answer = get(&models, &[]);
    assert_eq!((answer.status, answer.body.len()), (502, 3 << 20));
    emulator.fault(Fault::new("/models").body("text/plain", "").size(9).times(1));
    assert!(get(&models, &[]).body.is_empty(), "nothing cannot be repeated");
    emulator.fault(Fault::new("/models").status(42).times(1));
    assert_eq!(get(&models, &[]).status, 500);
}

#[test]
fn extra_headers_go_with_the_real_answer() {
    let emulator = Emulator::start().unwrap();
    emulator.fault(Fault::new("/").header("X-Extra", "1").header("bad name", "2").header("Bad", "a\nb"));
    let answer = get(&format!("{}/models", emulator.api_url()), &[]);
    assert_eq!((answer.status, answer.header("x-extra"), answer.header("bad")), (401, Some("1"), None));
}

#[test]
fn a_dropped_connection_gives_no_answer_whether_or_not_the_server_acted() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.api_key("acme");
    let url = format!("{}/service_accounts", emulator.api_url());
    let create = || send(&agent(), "POST", &url, &[("Api-Key", &key)], r#"{"name":"ci"}"#);
    let count = || get(&url, &[("Api-Key", &key)]).json().as_array().unwrap().len();
    emulator.fault(Fault::new("/service_accounts").drop().times(1));
    assert!(create().is_err());
    assert_eq!(count(), 0);
    emulator.fault(Fault::new("/service_accounts").drop().after().times(1));
    assert!(create().is_err());
    assert_eq!(count(), 1);
    assert_eq!(emulator.requests()[0].status, None);
}

#[test]
fn a_delayed_answer_comes_late_and_holds_up_nobody() {
    let emulator = Emulator::start().unwrap();
    let models = format!("{}/models", emulator.api_url());
    let delay = Duration::from_millis(400);
    emulator.fault(Fault::new("/models").delay(delay).times(1));
    thread::scope(|scope| {
        let late = scope.spawn(|| {
            let start = Instant::now();
            (get(&models, &[]).status, start.elapsed())
        });
        wait_for_requests(&emulator, 1);
        assert_eq!(get(&models, &[]).status, 401);
        assert!(!late.is_finished());
        let (status, elapsed) = late.join().unwrap();
        assert_eq!(status, 401);
        assert!(elapsed >= delay, "{elapsed:?}");
    });
}

#[test]
fn a_hung_request_ends_with_the_emulator() {
    let emulator = Emulator::start().unwrap();
    let models = format!("{}/models", emulator.api_url());
    emulator.fault(Fault::new("/models").hang().times(1));
    thread::scope(|scope| {
        let hung = scope.spawn(|| send(&agent(), "GET", &models, &[], ""));
        wait_for_requests(&emulator, 1);
        assert_eq!(get(&models, &[]).status, 401);
        assert!(!hung.is_finished());
        drop(emulator);
        assert!(hung.join().unwrap().is_err());
    });
    assert!(send(&agent(), "GET", &models, &[], "").is_err(), "the port is closed");
}
