//! No redirect is followed, and no foreign origin is given a header.
#![expect(clippy::unwrap_used, reason = "in a test, a step that fails ends the test")]

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use beamlit_auth::{ApiKey, ClientCredentials, Config, ErrorKind, Session};
use beamlit_emulator::{Dialect, Emulator, Fault};

/// A listener that counts who comes.
fn sink() -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/sink", listener.local_addr().unwrap());
    let visits = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&visits);
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, visits)
}

#[test]
fn a_redirect_at_any_endpoint_is_refused_and_its_target_never_contacted() {
    let (target, visits) = sink();
    for status in [301, 302, 303, 307, 308] {
        for path in ["/oauth/token", "/.well-known"] {
            let emulator = Emulator::builder().dialect(Dialect::Strict).start().unwrap();
            let (client_id, client_secret) = emulator.client_credentials("acme");
            emulator.fault(Fault::new(path).redirect(target.clone()).status(status));
            // A custom issuer asks both endpoints; the faults are named with and without the API's base path.
            emulator.fault(Fault::new(format!("/v0{path}")).redirect(target.clone()).status(status));
            let config = Config::from(ClientCredentials::new(client_id, client_secret));
            let session = Session::open(config.platform(emulator.api_url().as_str())).unwrap();
            let error = session.token().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{status} {path}: {error}");
            assert!(error.message().contains("redirect"), "{error}");
        }
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

#[test]
fn headers_for_a_foreign_origin_and_its_look_alikes_are_refused() {
    let session = Session::open(ApiKey::new("CANARY")).unwrap();
    for own in [
        "https://api.beamlit.com/v0/models",
        "https://API.beamlit.com:443/v0?x#y",
        "wss://run.beamlit.com/acme/agents/a",
    ] {
        assert!(session.headers(own).is_ok(), "{own}");
    }
    for foreign in [
        "https://api.beamlit.com.evil.test/",
        "https://evil.test/?api.beamlit.com",
        "https://evil.test/#https://api.beamlit.com/",
        "https://api.beamlit.com@evil.test/",
        "https://user@api.beamlit.com/",
        "https://api.beamlit.com./v0",
        "https://api.beamlit.com:8443/v0",
        "http://api.beamlit.com/v0",
        "https://api.beaml\u{131}t.com/",
        "https://api%2ebeamlit.com/",
        "https://xn--api-beamlit.com/",
        "https://beamlit.com/",
        "https://x.api.beamlit.com/",
        "https://apixbeamlit.com/",
        "https://api.beamlit.com\\@evil.test/",
        "https://evil.test\\.api.beamlit.com/",
        "https:api.beamlit.com/",
        "https:///api.beamlit.com/",
        "ftp://api.beamlit.com/",
        "",
        "api.beamlit.com/v0",
        "https://api.beamlit.com\n.evil.test/",
    ] {
        let error = session.headers(foreign).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::OriginRefused | ErrorKind::InvalidArgument),
            "{foreign}: {error}"
        );
        let known = session.headers_since(foreign, 1).unwrap_err();
        assert_eq!(known.kind(), error.kind(), "the URL is checked even for who holds the generation");
    }
}

#[test]
fn another_origin_is_told_from_what_is_no_url() {
    let session = Session::open(ApiKey::new("CANARY")).unwrap();
    for foreign in
        ["https://evil.test/", "http://evil.test/", "http://api.beamlit.com/v0", "http://127.0.0.1:1/"]
    {
        assert_eq!(session.headers(foreign).unwrap_err().kind(), ErrorKind::OriginRefused, "{foreign}");
    }
}
