//! A login on the real emulator, over real sockets and files: obtained once, kept alive, shared, ended.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "in a test, a step that fails ends the test"
)]

mod login {
    mod fit;
    mod limits;
}

use std::path::PathBuf;
use std::time::{Duration, Instant};

use beamlit_auth::{ApiKey, ClientCredentials, Config, ErrorKind, Login, Reason, Session};
use beamlit_emulator::{Dialect, Emulator, Fault, Rotation};

/// A folder for logins, gone with this value.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        let mut name = [0_u8; 8];
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").unwrap(), &mut name).unwrap();
        let home = std::env::temp_dir().join(format!("beamlit-auth-login-{:016x}", u64::from_ne_bytes(name)));
        std::fs::create_dir(&home).unwrap();
        Self(home)
    }

    fn config(&self, emulator: &Emulator) -> Config {
        let store = format!("file:{}", self.0.join("auth").display());
        Config::new().workspace("acme").api_url(emulator.api_url()).store(store)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn emulator() -> Emulator {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| settings.interval_s = 1);
    emulator
}

fn url(emulator: &Emulator) -> String {
    format!("{}/models", emulator.api_url())
}

/// A login that the person approves at once.
fn log_in(home: &Home, emulator: &Emulator) -> Session {
    let login = Login::start(home.config(emulator)).unwrap();
    assert!(emulator.approve(login.user_code()));
    login.wait().unwrap()
}

fn until(happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the event did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn rfc8628_a_login_is_shown_polled_approved_and_then_used_by_everybody() {
    let (home, emulator) = (Home::new(), emulator());
    let login = Login::start(home.config(&emulator)).unwrap();
    assert!(!login.user_code().is_empty() && login.verification_uri().starts_with("http://127.0.0.1"));
    assert!(login.url().contains(login.user_code()) && login.url() == login.verification_uri_complete());
    assert!(login.poll().unwrap().is_none(), "none before the interval");
    assert_eq!(emulator.token_requests(), 0);
    assert!(login.wait_timeout(Duration::from_millis(1200)).unwrap().is_none());
    assert!(emulator.approve(login.user_code()));
    let session = login.wait().unwrap();
    assert_eq!(session.workspace(), Some("acme"));
    // Another program, later: no login, no request.
    let before = emulator.requests().len();
    let other = Session::open(home.config(&emulator)).unwrap();
    assert_eq!(other.token().unwrap().reveal(), session.token().unwrap().reveal());
    assert_eq!(emulator.requests().len(), before);
    let status: serde_json::Value = serde_json::from_str(&other.explain().picked_json()).unwrap();
    assert_eq!((&status["credential"], &status["workspace"]), (&"device_code".into(), &"acme".into()));
    assert!(status["expires_at"].as_u64().is_some());
    assert!(status["source"].as_str().unwrap().starts_with("file:/"), "{status}");
}

#[test]
fn rfc8628_3_5_denial_and_expiry_end_the_login_and_slow_down_slows() {
    let (home, emulator) = (Home::new(), emulator());
    let login = Login::start(home.config(&emulator)).unwrap();
    assert!(emulator.deny(login.user_code()));
    assert_eq!(login.wait().unwrap_err().kind(), ErrorKind::AccessDenied);
    emulator.configure(|settings| settings.device_code_lifetime_s = 1);
    let login = Login::start(home.config(&emulator)).unwrap();
    assert_eq!(login.wait().unwrap_err().kind(), ErrorKind::LoginExpired);
    emulator.configure(|settings| (settings.device_code_lifetime_s, settings.slow_downs) = (600, 1));
    let login = Login::start(home.config(&emulator)).unwrap();
    assert_eq!(login.interval(), Duration::from_secs(1));
    until(|| login.poll().is_ok() && login.interval() == Duration::from_secs(6));
    login.cancel();
    assert_eq!(login.poll().unwrap_err().kind(), ErrorKind::Closed);
    assert!(Session::open(home.config(&emulator)).is_err(), "nothing was stored");
}

#[test]
fn a_server_that_fails_between_polls_does_not_end_the_login() {
    let (home, emulator) = (Home::new(), emulator());
    let login = Login::start(home.config(&emulator)).unwrap();
    emulator.fault(Fault::new("/oauth/token").status(503).times(1));
    until(|| login.poll().is_ok() && emulator.token_requests() == 1);
    assert!(emulator.approve(login.user_code()));
    login.wait().unwrap();
}

#[test]
fn a_login_is_renewed_once_for_all_threads_and_lives_on_with_every_rotation() {
    for (rotation, setting) in [
        (Rotation::None, "none"),
        (Rotation::Grace { seconds: 60 }, "grace:60"),
        (Rotation::Revoke, "strict"),
    ] {
        let (home, emulator) = (Home::new(), emulator());
        emulator.configure(|settings| (settings.rotation, settings.token_lifetime_s) = (Some(rotation), 5));
        let login = Login::start(home.config(&emulator).rotation(setting)).unwrap();
        assert!(emulator.approve(login.user_code()));
        let session = login.wait().unwrap();
        for renewals in 1..=3 {
            let old = session.token().unwrap();
            let ends = old.expires_at().unwrap();
            until(|| std::time::SystemTime::now() > ends);
            std::thread::scope(|scope| {
                for _ in 0..64 {
                    scope.spawn(|| session.headers(&url(&emulator)).unwrap());
                }
            });
            assert_eq!(emulator.token_requests_of("refresh_token"), renewals, "{setting}");
        }
        assert_eq!(emulator.reuse_events(), 0, "{setting}");
    }
}

#[test]
fn a_key_and_client_credentials_are_verified_and_stored_at_once() {
    let (home, emulator) = (Home::new(), emulator());
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let key = emulator.api_key("acme");
    for (credential, bad) in [
        (Config::from(ApiKey::new(key)), Config::from(ApiKey::new("BL_EMULATORCANARY"))),
        (
            Config::from(ClientCredentials::new(client_id.clone(), client_secret)),
            Config::from(ClientCredentials::new(client_id, "cs_EMULATORCANARY")),
        ),
    ] {
        let store = format!("file:{}", home.0.join("auth").display());
        let with = |config: Config| config.workspace("acme").api_url(emulator.api_url()).store(store.clone());
        let error = Login::start(with(bad)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidClient, "{error}");
        assert!(!error.to_string().contains("CANARY"));
        Login::start(with(credential)).unwrap().wait().unwrap();
        let session = Session::open(home.config(&emulator)).unwrap();
        assert!(session.headers(&url(&emulator)).is_ok());
        assert_eq!(home.config(&emulator).workspaces().unwrap().current.as_deref(), Some("acme"));
    }
}

#[test]
fn logout_revokes_where_the_server_can_and_ends_the_login_everywhere() {
    for (dialect, revoked) in [(Dialect::Platform, false), (Dialect::Strict, true)] {
        let home = Home::new();
        let emulator = Emulator::builder().dialect(dialect).start().unwrap();
        emulator.configure(|settings| settings.interval_s = 1);
        let mut config = home.config(&emulator);
        if dialect == Dialect::Strict {
            let login = beamlit_auth::DeviceLogin::new().client_id("beamlit");
            config = config.platform(emulator.api_url().as_str()).credential(login);
        }
        let login = Login::start(config.clone()).unwrap();
        assert!(emulator.approve(login.user_code()));
        let session = login.wait().unwrap();
        assert_eq!(config.workspaces().unwrap().names, ["acme"]);
        let logout = session.logout().unwrap();
        assert_eq!((logout.revoked, logout.deleted), (revoked, true), "{dialect:?}");
        assert_eq!(session.token().unwrap_err().reason(), Some(Reason::LoggedOut));
        assert_eq!(Session::open(config.clone()).unwrap_err().reason(), Some(Reason::LoggedOut));
        assert_eq!(config.workspaces().unwrap().names, [""; 0]);
    }
}

#[test]
fn a_renewal_that_the_server_never_answers_is_outcome_unknown_on_a_server_that_rotates() {
    let (home, emulator) = (Home::new(), emulator());
    emulator
        .configure(|settings| (settings.rotation, settings.token_lifetime_s) = (Some(Rotation::Revoke), 5));
    let login = Login::start(home.config(&emulator).rotation("strict")).unwrap();
    assert!(emulator.approve(login.user_code()));
    let session = login.wait().unwrap();
    emulator.fault(Fault::new("/oauth/token").drop().after().times(1));
    let ends = session.token().unwrap().expires_at().unwrap();
    until(|| session.headers(&url(&emulator)).is_err());
    assert!(
        std::time::SystemTime::now() + Duration::from_millis(100) > ends,
        "the token was served to its end"
    );
    until(|| session.token().err().and_then(|error| error.reason()) == Some(Reason::RefreshOutcomeUnknown));
    assert_eq!((emulator.reuse_events(), emulator.token_requests_of("refresh_token")), (0, 1));
    log_in(&home, &emulator);
    until(|| session.token().is_ok());
}

#[test]
fn a_login_in_memory_lives_as_long_as_its_session() {
    let emulator = emulator();
    let config = Config::new().workspace("acme").api_url(emulator.api_url()).store("memory");
    let login = Login::start(config.clone()).unwrap();
    assert!(emulator.approve(login.user_code()));
    let session = login.wait().unwrap();
    assert!(session.headers(&url(&emulator)).is_ok());
    assert_eq!(Session::open(config).unwrap_err().reason(), Some(Reason::NoCredential));
}

#[test]
fn whoever_named_none_of_several_workspaces_chooses_and_nothing_is_stored_before() {
    let home = Home::new();
    let emulator = Emulator::builder().workspaces(["acme", "globex", "no name"]).start().unwrap();
    emulator.configure(|settings| settings.interval_s = 0);
    let store = format!("file:{}", home.0.join("auth").display());
    let config = Config::new().api_url(emulator.api_url()).store(store);
    let approved = || {
        let login = Login::start(config.clone()).unwrap();
        assert!(login.workspaces().is_empty(), "before the approval there is nothing to choose from");
        assert!(emulator.approve(login.user_code()));
        let error = login.wait().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains("(acme, globex)"), "{error}");
        login
    };
    let (login, given_up) = (approved(), approved());
    given_up.cancel();
    assert!(given_up.workspaces().is_empty());
    assert_eq!(given_up.choose("acme").unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(login.workspaces(), ["acme", "globex"]);
    assert_eq!(login.choose("initech").unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(config.workspaces().unwrap().names.is_empty());
    let session = login.choose("globex").unwrap();
    assert_eq!((session.workspace(), login.workspaces().len()), (Some("globex"), 0));
    assert_eq!(login.wait().unwrap().workspace(), Some("globex"));
    assert_eq!(login.choose("acme").unwrap_err().kind(), ErrorKind::InvalidArgument, "once");
    assert_eq!(Session::open(config.clone()).unwrap().workspace(), Some("globex"));
    assert_eq!(config.workspaces().unwrap().names, ["globex"]);
}

#[test]
fn the_platform_says_with_one_request_whether_it_accepts_a_credential() {
    let (home, emulator) = (Home::new(), emulator());
    let session = log_in(&home, &emulator);
    let before = emulator.requests().len();
    session.check().unwrap();
    assert_eq!(emulator.requests().len(), before + 1);
    assert_eq!(emulator.requests()[before].path, "/v0/workspaces/acme");
    // A token that is refused before its time is renewed, as for any request.
    let token = session.token().unwrap();
    assert!(emulator.revoke(token.reveal()));
    session.check().unwrap();
    assert_ne!(session.token().unwrap().reveal(), token.reveal());
    emulator.fault(Fault::new("/v0/workspaces/acme").status(503).times(1));
    assert_eq!(session.check().unwrap_err().kind(), ErrorKind::ServerUnavailable);
    let with = |credential: Config| Session::open(credential.workspace("acme").api_url(emulator.api_url()));
    let key = with(ApiKey::new("BL_EMULATORCANARY").into()).unwrap();
    assert_eq!(key.check().unwrap_err().kind(), ErrorKind::InvalidClient);
    let (client_id, client_secret) = emulator.client_credentials("globex");
    let stranger = with(ClientCredentials::new(client_id, client_secret).into()).unwrap();
    assert_eq!(stranger.check().unwrap_err().kind(), ErrorKind::AccessDenied);
    let elsewhere = Config::from(ApiKey::new("BL_EMULATORCANARY")).api_url("https://api.example.com/v0");
    assert_eq!(Session::open(elsewhere).unwrap().check().unwrap_err().kind(), ErrorKind::OriginRefused);
    let issuer = Config::from(ApiKey::new("BL_EMULATORCANARY")).platform("https://login.example.com");
    assert_eq!(Session::open(issuer).unwrap().check().unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn shared_tokens_of_client_credentials_cost_one_request_and_their_secret_stays_away() {
    let (home, emulator) = (Home::new(), emulator());
    let (id, secret) = emulator.client_credentials("acme");
    let open = |secret: &str, config: Config| {
        Session::open(config.credential(ClientCredentials::new(&id, secret)).share(true)).unwrap()
    };
    let sessions: Vec<Session> = (0..16).map(|_| open(&secret, home.config(&emulator))).collect();
    for expiry in 1..=2 {
        let tokens: Vec<String> = std::thread::scope(|scope| {
            let calls: Vec<_> = sessions
                .iter()
                .map(|session| scope.spawn(|| session.token().unwrap().reveal().to_owned()))
                .collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        assert!(tokens.iter().all(|token| *token == tokens[0]));
        assert_eq!(emulator.token_requests(), expiry);
        for session in &sessions {
            session.invalidate(session.token().unwrap().generation());
        }
    }
    // Another secret is another entry, and nobody is logged in.
    assert!(open("CANARY-wrong", home.config(&emulator)).token().is_err());
    assert_eq!(home.config(&emulator).workspaces().unwrap().names, [""; 0]);
    for file in walk(&home.0) {
        assert!(!std::fs::read_to_string(file).unwrap().contains(&secret));
    }
    // Where nothing can be stored, each goes on by itself.
    let before = emulator.token_requests();
    let unusable = || home.config(&emulator).store("file:/dev/null/auth");
    assert!(open(&secret, unusable()).token().is_ok() && open(&secret, unusable()).token().is_ok());
    assert_eq!(emulator.token_requests(), before + 2);
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|entry| if entry.is_dir() { walk(&entry) } else { vec![entry] }).collect()
}
