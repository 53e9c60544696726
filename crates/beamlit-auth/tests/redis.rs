//! The store in Redis against the real server: the promises of a store over every way to it, and what a server that is away
//! costs. Whole fleets are in `tests/redis`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "in a test, a step that fails ends the test"
)]

mod stores {
    pub(crate) mod home;
}

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use beamlit_auth::store::{self, Entry, StoreError};
use beamlit_auth::{ApiKey, Config, ErrorKind, Login, Session};

use stores::home::Home;

/// A server, which ends with the test.
struct Redis {
    child: Child,
    port: u16,
    home: Home,
    words: Vec<String>,
}

impl Redis {
    /// Starts one with these options after `--port` and what that says.
    fn start(options: &[&str]) -> Self {
        let home = Home::new();
        let port = free_port();
        let mut words: Vec<String> = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]
            .into_iter()
            .chain(["--dir", home.path()])
            .map(str::to_owned)
            .collect();
        let filled = |word: &&str| word.replace("HOME", home.path()).replace("PORT", &port.to_string());
        words.extend(options.iter().map(filled));
        let redis = Self { child: launch(&words), port, home, words };
        redis.wait();
        redis
    }

    fn url(&self, login: &str) -> String {
        format!("redis://{login}127.0.0.1:{}/0", self.port)
    }

    /// Waits until something listens.
    fn wait(&self) {
        let end = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "redis-server does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = launch(&self.words);
        self.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(words: &[String]) -> Child {
    let started = Command::new("redis-server").args(words).stdout(Stdio::null()).spawn();
    started.unwrap_or_else(|error| panic!("{error}; apt-get install redis-server"))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn redis_keeps_the_promises_of_a_store() {
    let redis = Redis::start(&["--requirepass", "CANARY", "--unixsocket", "HOME/socket"]);
    let store = store::open(&redis.url(":CANARY@")).unwrap();
    store::conformance(&*store).unwrap();
    assert_eq!(store.name(), redis.url(""));
    let local = format!("redis+unix://:CANARY@{}/socket?db=3&rotating=1", redis.home.path());
    store::conformance(&*store::open(&local).unwrap()).unwrap();
}

#[test]
fn tls_trusts_whom_the_rest_of_the_library_trusts() {
    let home = Home::new();
    let folder = Path::new(home.path());
    certificates(folder);
    let port = free_port().to_string();
    let in_folder = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let _tls = Redis::start(&[
        "--tls-port",
        &port,
        "--tls-auth-clients",
        "no",
        "--tls-cert-file",
        &in_folder("server.pem"),
        "--tls-key-file",
        &in_folder("server.key"),
        "--tls-ca-cert-file",
        &in_folder("authority.pem"),
    ]);
    let url = format!("rediss://localhost:{port}");
    let log_in = |ca_file: Option<String>| {
        let config = Config::new().api_url("http://127.0.0.1:9/v0").store(url.as_str()).workspace("acme");
        let config = ca_file.into_iter().fold(config, Config::ca_file);
        Session::open(config)
    };
    let refused = log_in(None).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::StoreUnavailable, "{refused}");
    assert!(refused.message().contains("ca_file"), "{refused}");
    // It is reached, and nobody is logged in there.
    let empty = log_in(Some(in_folder("authority.pem"))).unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::LoginRequired, "{empty}");
}

/// An authority of its own, and a server's certificate for localhost.
fn certificates(folder: &Path) {
    let script = r"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
            -keyout authority.key -out authority.pem
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
            -keyout server.key -out server.csr
        printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > server.ext
        openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
            -extfile server.ext -out server.pem";
    let mut shell = Command::new("sh");
    let made = shell.args(["-ec", script]).current_dir(folder).stderr(Stdio::null()).status().unwrap();
    assert!(made.success(), "apt-get install openssl");
}

#[test]
fn a_server_that_goes_and_comes_back_is_found_again() {
    let mut redis = Redis::start(&[]);
    let store = store::open(&redis.url("")).unwrap();
    store.write("key", &Entry::new("CANARY", "")).unwrap();
    redis.end();
    redis.start_again();
    // An old connection that is dead costs nothing.
    assert!(store.read("key").unwrap().is_none());
    redis.end();
    let begun = Instant::now();
    let Err(StoreError::Unavailable(text)) = store.read("key") else { panic!("it was read") };
    assert!(text.contains(&redis.url("")) && text.contains("cannot be reached"), "{text}");
    redis.start_again();
    // It is left alone for a while, and then asked again.
    let mut waited = Duration::ZERO;
    while let Err(error) = store.read("key") {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        waited = begun.elapsed();
        assert!(waited < Duration::from_secs(8));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(waited > Duration::from_secs(4), "{waited:?}");
}

#[test]
fn a_server_that_stands_still_costs_two_seconds_once() {
    let redis = Redis::start(&[]);
    let store = store::open(&redis.url("")).unwrap();
    assert!(store.read("key").unwrap().is_none());
    redis.signal("-STOP");
    for limit in [3, 1] {
        let begun = Instant::now();
        let Err(StoreError::Unavailable(text)) = store.read("key") else { panic!("it was read") };
        assert!(text.contains("did not answer in time"), "{text}");
        assert!(begun.elapsed() < Duration::from_secs(limit), "{:?}", begun.elapsed());
    }
    redis.signal("-CONT");
}

#[test]
fn what_is_no_redis_server_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::Write as _;
        for mut peer in listener.incoming().flatten() {
            let _ = peer.write_all(b"HTTP/1.1 400 CANARY\r\n\r\n");
        }
    });
    let store = store::open(&format!("redis://127.0.0.1:{port}")).unwrap();
    let Err(StoreError::Unavailable(text)) = store.read("key") else { panic!("it was read") };
    assert!(text.contains("does not answer as a Redis server does") && !text.contains("CANARY"), "{text}");
}

#[test]
fn what_the_server_refuses_is_said_in_its_word() {
    let redis = Redis::start(&["--requirepass", "CANARY"]);
    for (login, word) in [("", "NOAUTH"), (":CANARY-WRONG@", "WRONGPASS"), ("CANARY:CANARY@", "WRONGPASS")] {
        let Err(StoreError::Locked(text)) = store::open(&redis.url(login)).unwrap().read("key") else {
            panic!("it was read")
        };
        assert!(text.contains(word) && !text.contains("CANARY"), "{text}");
    }
    let Err(error) = store::open(&redis.url(":CANARY@").replace("/0", "/4000")).unwrap().read("key") else {
        panic!("it was read")
    };
    assert!(error.to_string().contains("no such database"), "{error}");
}

#[test]
fn nothing_shows_the_password_of_a_store() {
    let config = Config::new().store("redis://user:CANARY@127.0.0.1:1/0").workspace("acme");
    let shown = format!("{config:?} {:?} {}", config.explain(), config.explain());
    assert!(!shown.contains("CANARY"), "{shown}");
    let error = Session::open(config.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
    assert!(!format!("{error:?} {error}").contains("CANARY"), "{error}");
    let error = Login::start(config.rotation("strict")).err().unwrap();
    assert!(error.kind() == ErrorKind::InvalidConfig && error.message().contains("rotating=1"), "{error}");
    assert!(!error.message().contains("CANARY"), "{error}");
}

#[test]
fn a_credential_of_the_callers_needs_no_server() {
    let config = Config::new().store("redis://127.0.0.1:1").credential(ApiKey::new("key"));
    assert_eq!(Session::open(config).unwrap().token().unwrap().reveal(), "key");
}
