//! The list of kinds: its names, its page, and something that provokes each.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "in a test, a step that fails ends the test"
)]

#[path = "../../../tests/faces.rs"]
mod faces;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use beamlit_auth::{
    ApiKey, ClientCredentials, Config, DeviceLogin, Error, ErrorKind, Login, Reason, Session,
};
use beamlit_emulator::{Emulator, Fault};

/// `LoginRequired` as `login_required`.
fn word(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

#[test]
fn each_kind_has_the_names_and_numbers_of_its_row() {
    let faces = faces::read();
    let rows: Vec<_> = faces.kind.iter().map(|kind| (word(&kind.name), kind.number, kind.retry)).collect();
    let kinds = ErrorKind::ALL.iter().map(|kind| (kind.name().to_owned(), kind.code(), kind.is_retryable()));
    assert_eq!(rows, kinds.collect::<Vec<_>>());
    for (kind, row) in ErrorKind::ALL.iter().zip(&faces.kind) {
        assert_eq!(format!("{kind:?}"), row.name);
        assert_eq!(kind.exit_code(), row.number / 1000);
        assert!(faces.family.iter().any(|family| family.number == kind.exit_code()), "{kind:?}");
        assert_eq!(Error::new(*kind, "").retry_after(), row.retry.then_some(Duration::ZERO));
    }
}

#[test]
fn each_kind_and_each_reason_has_its_place_on_the_page() {
    let page = fs::read_to_string(faces::root().join("docs/errors.md")).unwrap();
    let faces = faces::read();
    let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(headings, faces.kind.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>());
    for (section, row) in page.split("\n### ").skip(1).zip(&faces.kind) {
        let word = word(&row.name);
        let retryable = if row.retry { ", retryable" } else { "" };
        let line = format!("`{word}`, `BEAMLIT_{}` = {}{retryable}", word.to_uppercase(), row.number);
        let lines: Vec<_> = section.lines().collect();
        assert_eq!(lines[2], line);
        assert!(lines[4].starts_with("**When:** ") && lines[5].starts_with("**Do:** "), "{section}");
    }
    for family in &faces.family {
        let line = format!("Exit code {}; Python's `{}`.", family.number, family.python);
        assert!(page.contains(&line), "no line: {line}");
    }
    let reasons: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(reasons, Reason::ALL.iter().map(|reason| reason.name()).collect::<Vec<_>>());
}

/// An emulator, and a folder for logins that is gone with this value.
struct Stage {
    emulator: Emulator,
    folder: PathBuf,
}

impl Stage {
    fn new(name: &str) -> Self {
        let emulator = Emulator::start().unwrap();
        emulator.configure(|settings| settings.interval_s = 1);
        let folder = std::env::temp_dir().join(format!("beamlit-auth-errors-{}-{name}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Self { emulator, folder }
    }

    fn config(&self) -> Config {
        let store = format!("file:{}", self.folder.join("auth").display());
        Config::new().workspace("acme").api_url(self.emulator.api_url()).store(store)
    }

    fn client(&self) -> Config {
        let (client_id, client_secret) = self.emulator.client_credentials("acme");
        self.config().credential(ClientCredentials::new(client_id, client_secret))
    }

    /// What the token endpoint's answer makes of a renewal.
    fn answered(&self, fault: Fault) -> Error {
        self.emulator.fault(fault);
        Session::open(self.client()).unwrap().renew().unwrap_err()
    }

    /// The same, for an `error` of RFC 6749 §5.2.
    fn refused(&self, error: &str) -> Error {
        let body = format!("{{\"error\": \"{error}\"}}");
        self.answered(Fault::new("/oauth/token").status(400).body("application/json", body))
    }

    fn login(&self) -> Login {
        Login::start(self.config()).unwrap()
    }

    /// A server that is asked through https.
    fn https(&self, issuer: &str, proxy: &str) -> Error {
        let credential = ClientCredentials::new("client", "CANARY");
        let config = self.config().platform(issuer).credential(credential).proxy(proxy);
        Session::open(config).unwrap().renew().unwrap_err()
    }

    fn provoke(&self, kind: ErrorKind) -> Error {
        let token = || Fault::new("/oauth/token");
        let address =
            self.emulator.api_url().trim_start_matches("http://").trim_end_matches("/v0").to_owned();
        match kind {
            ErrorKind::InvalidArgument => Session::open(Config::new().workspace("a/b")).unwrap_err(),
            ErrorKind::InvalidConfig => Session::open(self.client().api_url("gopher://x")).unwrap_err(),
            ErrorKind::OriginRefused => {
                Session::open(self.client()).unwrap().headers("https://evil.example/").unwrap_err()
            }
            ErrorKind::Unsupported => self.refused("unsupported_grant_type"),
            ErrorKind::Closed => {
                let login = self.login();
                login.cancel();
                login.poll().unwrap_err()
            }
            ErrorKind::LoginRequired => {
                Session::open(self.config().credential(DeviceLogin::new())).unwrap_err()
            }
            ErrorKind::LoginExpired => {
                self.emulator.configure(|settings| settings.device_code_lifetime_s = 1);
                self.login().wait().unwrap_err()
            }
            ErrorKind::NetworkError => self.answered(token().drop()),
            ErrorKind::TlsError => self.https(&format!("https://{address}"), "none"),
            ErrorKind::ProxyError => self.https("https://login.example.com", &format!("http://{address}")),
            ErrorKind::DeadlineExceeded => {
                Session::open(self.client().timeout(Duration::ZERO)).unwrap().token().unwrap_err()
            }
            ErrorKind::RateLimited => self.answered(token().status(429)),
            ErrorKind::ServerUnavailable => self.answered(token().status(503)),
            ErrorKind::InvalidResponse => self.answered(token().status(200).body("text/html", "<html>")),
            ErrorKind::VerificationFailed => {
                let answer = r#"{"access_token": "CANARY", "token_type": "mac", "expires_in": 60}"#;
                self.answered(token().status(200).body("application/json", answer))
            }
            ErrorKind::OauthError => self.refused("out_of_order"),
            ErrorKind::StoreUnavailable => self.stored_below_a_file(),
            ErrorKind::StoreCorrupt => self.corrupt(),
            ErrorKind::AccessDenied => {
                let login = self.login();
                assert!(self.emulator.deny(login.user_code()));
                login.wait().unwrap_err()
            }
            ErrorKind::StoreLocked => {
                let store = format!("encrypted-file:{}", self.folder.join("sealed").display());
                Session::open(self.config().store(store)).unwrap_err()
            }
            ErrorKind::InvalidClient => {
                Login::start(self.config().credential(ApiKey::new("BL_CANARY"))).unwrap_err()
            }
            ErrorKind::InvalidGrant => self.refused("invalid_grant"),
            ErrorKind::InvalidScope => self.refused("invalid_scope"),
            ErrorKind::Cancelled => self.cancelled(),
            _ => panic!("nothing provokes {kind:?}; its row in tests/faces.toml has to say why"),
        }
    }

    fn stored_below_a_file(&self) -> Error {
        fs::write(self.folder.join("file"), "").unwrap();
        let store = format!("file:{}", self.folder.join("file/auth").display());
        Login::start(self.client().store(store)).unwrap_err()
    }

    /// A login whose record is no record, where each name that it could be moved to is taken by a folder.
    fn corrupt(&self) -> Error {
        let login = Login::start(self.client()).unwrap();
        drop(login.wait().unwrap());
        let keys = fs::read_dir(self.folder.join("auth")).unwrap().map(|entry| entry.unwrap().path());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        for file in keys.filter(|key| key.is_dir()).flat_map(|key| fs::read_dir(key).unwrap()) {
            let file = file.unwrap().path();
            let is_record = file.file_name().unwrap().to_str().unwrap().parse::<u64>().is_ok();
            if is_record {
                fs::write(&file, "no record").unwrap();
                for second in now..now + 60 {
                    fs::create_dir(format!("{}.corrupt-{second}", file.display())).unwrap();
                }
            }
        }
        Session::open(self.config()).unwrap_err()
    }

    fn cancelled(&self) -> Error {
        self.emulator.fault(Fault::new("/oauth/token").hang());
        let session = Session::open(self.client()).unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| session.renew().unwrap_err());
            // Nobody outside can see whether it waits yet, so it is cancelled until it ends.
            while !waiter.is_finished() {
                session.cancel();
                std::thread::yield_now();
            }
            waiter.join().unwrap()
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn each_kind_is_provoked_or_says_why_not() {
    for (kind, row) in ErrorKind::ALL.iter().zip(faces::read().kind) {
        match (row.elsewhere, row.planned) {
            (None, None) => {
                let error = Stage::new(kind.name()).provoke(*kind);
                assert_eq!(error.kind(), *kind, "{error}");
                assert!(!error.message().is_empty() && !error.message().contains("CANARY"), "{error}");
            }
            (Some(test), None) => faces::check_test(&test),
            (None, Some(why)) => assert!(!why.is_empty()),
            (Some(_), Some(_)) => panic!("{kind:?} is provoked, and planned"),
        }
    }
}
