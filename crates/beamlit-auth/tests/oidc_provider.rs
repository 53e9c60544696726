//! Client credentials against oidc-provider, an authorization server of somebody else's making.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the functions here fail the test that calls them"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use beamlit_auth::{ClientCredentials, Config, Error, ErrorKind, Platform, Session};

/// Every character that a form, a header or a colon-separated pair treats in its own way.
const BASIC_SECRET: &str = "s3cret:%+ /&= CANARY basic";
const POST_SECRET: &str = "s3cret:%+ /&= CANARY post";
const API: &str = "https://api.example.com";
const LIMIT: Duration = Duration::from_secs(20);

/// The server, which ends with this value.
struct Provider {
    child: Child,
    issuer: String,
    lines: Receiver<String>,
}

/// What the server wrote about a request.
struct Request {
    path: String,
    /// The scheme of the header; empty without one.
    authorization: String,
}

impl Provider {
    fn start(environment: &[(&str, &Path)]) -> Self {
        let npm = npm();
        assert!(
            npm.join("node_modules/oidc-provider").exists(),
            "install oidc-provider: cargo xtask test npm"
        );
        let mut command = Command::new("node");
        command.arg(interop().join("server.mjs")).env("BEAMLIT_NPM", npm).envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("install node and npm");
        let (sender, lines) = channel();
        let written = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        thread::spawn(move || {
            written.filter(|line| line.starts_with('{')).try_for_each(|line| sender.send(line))
        });
        // From here on the server ends with this value, whatever fails.
        let mut provider = Self { child, issuer: String::new(), lines };
        provider.issuer = member(&provider.line(), "issuer");
        provider
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(LIMIT).expect("the server wrote nothing in time")
    }

    /// The requests up to the one that is the `count`th to the token endpoint.
    fn requests(&self, count: usize) -> Vec<Request> {
        let mut requests: Vec<Request> = Vec::new();
        while requests.iter().filter(|request| request.path == "/token").count() < count {
            let line = self.line();
            requests
                .push(Request { path: member(&line, "path"), authorization: member(&line, "authorization") });
        }
        requests
    }

    /// The authentication scheme of the next request to the token endpoint.
    fn scheme(&self) -> String {
        self.requests(1).pop().unwrap().authorization
    }

    fn config(&self, client: ClientCredentials) -> Config {
        Config::new().platform(Platform::custom(&*self.issuer)).allow_origin(API).credential(client)
    }

    fn session(&self, client: ClientCredentials) -> Session {
        Session::open(self.config(client)).unwrap()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended by itself, which its tests would have noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text of a member of a JSON object that holds no quotation marks in its strings.
fn member(line: &str, name: &str) -> String {
    let (_, rest) = line.split_once(&format!("\"{name}\":\"")).expect("a member of that name");
    rest.split_once('"').unwrap().0.to_owned()
}

fn interop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/oidc-provider")
}

fn npm() -> PathBuf {
    let beside_the_build = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("npm");
    std::env::var_os("BEAMLIT_NPM").map_or_else(beside_the_build, PathBuf::from)
}

fn basic() -> ClientCredentials {
    ClientCredentials::new("svc-basic", BASIC_SECRET)
}

fn post() -> ClientCredentials {
    ClientCredentials::new("svc-post", POST_SECRET)
}

/// What a refused client is told, which never holds the secret.
fn refusal(session: &Session) -> Error {
    let error = session.token().unwrap_err();
    let said = format!("{error} {error:?} {session:?}");
    assert!(!said.contains("CANARY") && !said.contains("s3cret"), "{said}");
    error
}

#[test]
fn rfc6749_2_3_1_an_ugly_secret_is_form_encoded_before_it_is_a_basic_password() {
    let provider = Provider::start(&[]);
    let session = provider.session(basic());
    let token = session.token().unwrap();
    assert_eq!((token.token_type(), token.scope()), ("Bearer", ""));
    let headers = session.headers("https://api.example.com/v0/models").unwrap();
    assert_eq!(
        headers.iter().collect::<Vec<_>>(),
        [("Authorization", &*format!("Bearer {}", token.reveal()))]
    );
    let foreign = session.headers("https://api.example.com.evil.test/").unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::OriginRefused);
}

#[test]
fn a_secret_travels_in_the_body_where_the_caller_or_the_metadata_says_so() {
    let provider = Provider::start(&[]);
    provider.session(post()).token().unwrap();
    assert_eq!(provider.scheme(), "Basic", "the metadata lists both, and the header is the better place");
    provider.session(post().token_endpoint_auth_method("client_secret_post")).token().unwrap();
    assert_eq!(provider.scheme(), "");
    let post_only = Provider::start(&[("CLIENT_AUTH_METHODS", Path::new("client_secret_post"))]);
    post_only.session(post()).token().unwrap();
    assert_eq!(post_only.scheme(), "");
}

#[test]
fn a_refusal_is_named_as_the_server_named_it() {
    let provider = Provider::start(&[]);
    let wrong = refusal(&provider.session(ClientCredentials::new("svc-basic", "s3cret CANARY wrong")));
    assert_eq!(
        (wrong.kind(), wrong.oauth_error(), wrong.http_status()),
        (ErrorKind::InvalidClient, Some("invalid_client"), Some(401))
    );
    let scope = refusal(&provider.session(basic().scope("api:write")));
    assert_eq!(
        (scope.kind(), scope.oauth_error(), scope.http_status()),
        (ErrorKind::InvalidScope, Some("invalid_scope"), Some(400))
    );
    let resource = refusal(&provider.session(basic().resource("https://other.example.com")));
    assert_eq!((resource.kind(), resource.oauth_error()), (ErrorKind::InvalidScope, Some("invalid_target")));
}

#[test]
fn rfc8707_2_a_resource_gives_a_token_of_its_scope() {
    let provider = Provider::start(&[]);
    let token = provider.session(basic().resource(API).scope("api:read")).token().unwrap();
    assert_eq!(token.scope(), "api:read");
    assert_eq!(token.reveal().split('.').count(), 3, "the server gives a JWT for this resource");
}

#[test]
fn rfc8414_3_3_another_issuer_than_the_one_that_was_asked_is_refused() {
    let provider = Provider::start(&[]);
    let alias = provider.issuer.replace("127.0.0.1", "localhost");
    let session = Session::open(provider.config(basic()).platform(Platform::custom(alias))).unwrap();
    assert_eq!(refusal(&session).kind(), ErrorKind::VerificationFailed);
}

#[test]
fn a_certificate_of_an_authority_of_ones_own_is_accepted_by_ca_file_alone() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("own-ca-{}", std::process::id()));
    let made =
        Command::new("sh").arg(interop().join("own-ca.sh")).arg(&folder).stderr(Stdio::null()).status();
    assert!(made.expect("sh").success(), "install openssl");
    let provider =
        Provider::start(&[("TLS_CERT", &folder.join("server.pem")), ("TLS_KEY", &folder.join("server.key"))]);
    let trusting = Session::open(provider.config(basic()).ca_file(folder.join("ca.pem"))).unwrap();
    trusting.token().unwrap();
    let error = refusal(&provider.session(basic()));
    assert_eq!(error.kind(), ErrorKind::TlsError);
    assert!(error.message().contains("authority"), "the message names the check that failed: {error}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn discovery_is_made_once_in_a_session() {
    let provider = Provider::start(&[]);
    let session = provider.session(basic());
    let first = session.token().unwrap();
    assert!(session.invalidate(first.generation()));
    let second = session.token().unwrap();
    assert!(second.generation() > first.generation() && second.reveal() != first.reveal());
    let paths: Vec<String> = provider.requests(2).into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/.well-known/oauth-authorization-server", "/token", "/token"]);
}
