//! Certificates and versions, against `openssl s_server` and against rustls's own server.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{HandshakeKind, RootCertStore, ServerConfig, ServerConnection, StreamOwned, version};

use super::{Machine, OK, Server, get, post, read_request, settings};
use crate::error::{ErrorKind, Result};
use crate::http::{Door, DoorSettings, ProxySetting, Response};
use crate::net::Trust;
use crate::net::tls::verifier::Verifier;
use crate::secret::Secret;
use crate::sys::{System as _, Unix};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn certificate_of_a_known_authority_is_trusted() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost,IP:127.0.0.1,IP:::1");
    for version in ["-tls1_2", "-tls1_3"] {
        let server = OpenSsl::start(&good, &[version]);
        assert_eq!(
            get(&door(Some(&authority), Duration::ZERO), &server.url("localhost")).unwrap().status,
            200
        );
        assert!(server.heard().contains("GET /token"), "the recorder records nothing");
    }
}

#[test]
fn ca_file_is_added_to_the_roots_and_ssl_cert_file_takes_their_place() {
    let folder = Folder::new();
    let [ours, other] = ["ours", "other"].map(|name| folder.authority(name));
    let good = folder.issue(&ours, "good", "DNS:localhost");
    let try_with = |ca_file: Option<&Path>, ssl_cert_file: Option<&Path>| {
        let server = OpenSsl::start(&good, &[]);
        let files = DoorSettings {
            trust: Trust {
                ca_file: ca_file.map(PathBuf::from),
                ssl_cert_file: ssl_cert_file.map(PathBuf::from),
            },
            ..settings()
        };
        get(&Door::new(files, Arc::new(Unix)).unwrap(), &server.url("localhost")).map(|answer| answer.status)
    };
    let [ours, other] = [&ours, &other].map(|authority| authority.certificate.as_path());
    assert_eq!(try_with(Some(ours), None).unwrap(), 200);
    assert_eq!(try_with(Some(ours), Some(other)).unwrap(), 200);
    assert_eq!(try_with(None, Some(ours)).unwrap(), 200);
    assert_eq!(try_with(Some(other), None).unwrap_err().kind(), ErrorKind::TlsError);
    assert_eq!(try_with(None, Some(other)).unwrap_err().kind(), ErrorKind::TlsError);
}

/// The certificate that the system trusts beside those that were named.
static SYSTEM: OnceLock<PathBuf> = OnceLock::new();

#[test]
fn the_systems_roots_are_read_for_a_certificate_that_needs_them() {
    let folder = Folder::new();
    let [named, system, unknown] = ["named", "system", "unknown"].map(|name| folder.authority(name));
    SYSTEM.set(system.certificate.clone()).unwrap();
    let more = || roots_of(SYSTEM.get().unwrap());
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(roots_of(&named.certificate), Some(more), &provider).unwrap();
    let verdict = |authority: &Certificate, name: &str, asked: &str| {
        let server = folder.issue(authority, name, "DNS:localhost");
        let certificate = CertificateDer::from_pem_file(&server.certificate).unwrap();
        let asked = ServerName::try_from(asked.to_owned()).unwrap();
        let refusal = verifier.verify_server_cert(&certificate, &[], &asked, &[], UnixTime::now()).err();
        refusal.map(|refusal| refusal.to_string())
    };
    assert_eq!(verdict(&named, "first", "localhost"), None);
    assert_eq!(verdict(&system, "second", "localhost"), None);
    assert!(verdict(&unknown, "third", "localhost").unwrap().contains("UnknownIssuer"));
    for (authority, name) in [(&named, "fourth"), (&system, "fifth")] {
        assert!(verdict(authority, name, "elsewhere").unwrap().contains("not valid for name"));
    }
}

#[test]
fn file_without_certificates_is_invalid_config_before_connecting() {
    let folder = Folder::new();
    let server = Server::answering(OK);
    let empty = folder.path("empty.pem");
    fs::write(&empty, "nothing here").unwrap();
    for path in [empty, folder.path("missing.pem")] {
        let settings = DoorSettings { trust: trust_in(&path), ..settings() };
        let door = Door::new(settings, Arc::new(Unix)).unwrap();
        let error = get(&door, &server.url("/").replace("http:", "https:")).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.message().contains(&format!("ca_file {}", path.display())), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

/// Every check that can fail, each with words of its own, and not a byte of the request sent.
#[test]
fn rfc6749_10_9_certificate_that_fails_a_check_is_refused_before_the_request() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost,DNS:*.example.test");
    let mut texts = vec![
        refuse(&good, "localhost", Some(&authority), 40 * DAY, "has expired"),
        refuse(
            &good,
            "127.0.0.1",
            Some(&authority),
            Duration::ZERO,
            "is for another name (localhost, *.example.test)",
        ),
        refuse(&good, "localhost", None, Duration::ZERO, "an authority that this machine does not trust"),
    ];
    let wrong = folder.issue(&authority, "wrong", "DNS:elsewhere.test,DNS:*.b.test");
    texts.push(refuse(&wrong, "localhost", Some(&authority), Duration::ZERO, "another name (elsewhere.test"));
    let client = folder.issue_for(&authority, "client", "DNS:localhost", "extendedKeyUsage=clientAuth");
    texts.push(refuse(&client, "localhost", Some(&authority), Duration::ZERO, "is not for servers"));
    let own = folder.self_signed("own", "CA:FALSE");
    texts.push(refuse(&own, "localhost", Some(&authority), Duration::ZERO, "is self-signed"));
    let root = folder.self_signed("root", "CA:TRUE");
    texts.push(refuse(&root, "localhost", Some(&authority), Duration::ZERO, "an authority's own"));
    let future = folder.not_yet_valid(&authority, "future");
    texts.push(refuse(&future, "localhost", Some(&authority), Duration::ZERO, "not valid yet"));
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 8, "{texts:#?}");
}

#[test]
fn self_signed_certificate_in_ca_file_is_trusted() {
    let folder = Folder::new();
    let own = folder.self_signed("own", "CA:FALSE");
    let server = OpenSsl::start(&own, &[]);
    assert_eq!(get(&door(Some(&own), Duration::ZERO), &server.url("localhost")).unwrap().status, 200);
}

#[test]
fn wildcard_covers_one_label() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let wildcard = folder.issue(&authority, "wildcard", "DNS:*.example.test");
    for (host, trusted) in [("a.example.test", true), ("a.b.example.test", false), ("example.test", false)] {
        let server = OpenSsl::start(&wildcard, &[]);
        let status = through_proxy(&server, host, &authority).map(|answer| answer.status);
        assert_eq!(status.is_ok(), trusted, "{host}");
        assert_eq!(server.heard().is_empty(), !trusted);
    }
}

#[test]
fn rfc8996_tls_1_1_is_refused() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    for version in ["-tls1_1", "-tls1"] {
        let server = OpenSsl::start(&good, &[version, "-cipher", "DEFAULT@SECLEVEL=0"]);
        let error = get(&door(Some(&authority), Duration::ZERO), &server.url("localhost")).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::TlsError);
        assert!(error.message().contains("no TLS newer than 1.1"), "{error}");
        assert!(server.heard().is_empty());
    }
}

#[test]
fn server_without_a_cipher_in_common_is_refused() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    let server = OpenSsl::start(&good, &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA"]);
    let error = get(&door(Some(&authority), Duration::ZERO), &server.url("localhost")).err().unwrap();
    assert!(error.message().contains("no cipher suite"), "{error}");
}

#[test]
fn server_that_wants_a_client_certificate_is_named_as_such() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    for version in ["-tls1_2", "-tls1_3"] {
        let server = OpenSsl::start(&good, &[version, "-Verify", "1", "-verify_return_error"]);
        let error = get(&door(Some(&authority), Duration::ZERO), &server.url("localhost")).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::TlsError, "{error}");
        assert!(error.message().contains("wants a client certificate"), "{error}");
    }
}

#[test]
fn plain_http_on_a_tls_port_is_a_tls_error_with_a_hint() {
    let folder = Folder::new();
    let server = Server::start(|peer| {
        let _ = peer.stream.read(&mut [0; 4096]);
        peer.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    let authority = folder.authority("authority");
    let url = server.url("/token?CANARY").replace("http:", "https:");
    let error = get(&door(Some(&authority), Duration::ZERO), &url).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::TlsError);
    assert!(error.message().contains("does not speak TLS") && !error.message().contains("CANARY"), "{error}");
}

#[test]
fn handshake_that_is_broken_off_is_a_network_error() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let server = Server::start(|peer| {
        let _ = peer.stream.read(&mut [0; 4096]);
    });
    let url = server.url("/token").replace("http:", "https:");
    let error = get(&door(Some(&authority), Duration::ZERO), &url).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NetworkError);
    assert!(error.message().contains("TLS handshake"), "{error}");
}

#[test]
fn secure_connection_is_kept() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    let server = Rustls::start(&good, |stream, _| {
        while read_request(stream).is_some() {
            stream.write_all(OK).unwrap();
        }
    });
    let door = door(Some(&authority), Duration::ZERO);
    for _ in 0..9 {
        assert_eq!(post(&door, &server.url(), "client_secret=CANARY").unwrap().status, 200);
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn next_secure_connection_resumes_the_session() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    let handshakes = Arc::new(Mutex::new(Vec::new()));
    let server = Rustls::start(&good, {
        let handshakes = Arc::clone(&handshakes);
        move |stream, _| {
            read_request(stream);
            handshakes.lock().unwrap().push(stream.conn.handshake_kind());
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}").unwrap();
        }
    });
    let door = door(Some(&authority), Duration::ZERO);
    for _ in 0..3 {
        assert_eq!(get(&door, &server.url()).unwrap().status, 200);
    }
    let [full, resumed] = [HandshakeKind::Full, HandshakeKind::Resumed].map(Some);
    assert_eq!(*handshakes.lock().unwrap(), [full, resumed, resumed]);
}

#[test]
fn plaintext_after_an_answer_is_never_the_next_answer() {
    // The first answer fills the door's buffer, so that the second stays behind in the TLS layer.
    let record = 16 * 1024;
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let length = record - head(record).len();
    let answer = head(length) + &"x".repeat(length);
    assert_eq!(answer.len(), record);
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    let server = Rustls::start(&good, move |stream, _| {
        while read_request(stream).is_some() {
            stream.conn.writer().write_all(answer.as_bytes()).unwrap();
            stream.conn.writer().write_all(format!("{}evil", head(4)).as_bytes()).unwrap();
            stream.flush().unwrap();
        }
    });
    let door = door(Some(&authority), Duration::ZERO);
    for _ in 0..3 {
        assert_eq!(get(&door, &server.url()).unwrap().body.len(), length);
    }
    assert_eq!(server.connections(), 3);
}

#[test]
fn end_without_close_notify_is_a_cut_unless_the_length_is_known() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    let answers: [(&[u8], bool); 3] = [
        (OK, true),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", false),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", false),
    ];
    for (answer, whole) in answers {
        let server = Rustls::start(&good, move |stream, _| {
            read_request(stream);
            stream.write_all(answer).unwrap();
            stream.flush().unwrap();
        });
        let result = get(&door(Some(&authority), Duration::ZERO), &server.url());
        assert_eq!(result.as_ref().map(|answer| answer.status).ok(), whole.then_some(200));
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::NetworkError);
            assert!(error.message().contains("cut off"), "{error}");
        }
    }
}

#[test]
fn end_with_close_notify_ends_an_answer_of_unknown_length() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    let server = Rustls::start(&good, |stream, _| {
        read_request(stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}").unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    let answer = get(&door(Some(&authority), Duration::ZERO), &server.url()).unwrap();
    assert_eq!(&**answer.body, b"{}");
}

#[test]
fn kept_secure_connection_that_dies_is_replaced_once() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let good = folder.issue(&authority, "good", "DNS:localhost");
    let server = Rustls::start(&good, |stream, number| {
        read_request(stream);
        stream.write_all(OK).unwrap();
        read_request(stream);
        if number > 0 {
            stream.write_all(OK).unwrap();
        }
    });
    let door = door(Some(&authority), Duration::ZERO);
    get(&door, &server.url()).unwrap();
    assert_eq!(get(&door, &server.url()).unwrap().status, 200);
    assert_eq!(server.connections(), 2);
}

/// The message of the refusal.
fn refuse(
    server: &Certificate,
    host: &str,
    authority: Option<&Certificate>,
    later: Duration,
    text: &str,
) -> String {
    let server = OpenSsl::start(server, &[]);
    let error = get(&door(authority, later), &server.url(host)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::TlsError, "{error}");
    assert!(error.message().contains(text), "{text}: {error}");
    assert!(!error.message().contains("CANARY"), "{error}");
    assert_eq!(server.heard(), "");
    error.message().split_once(": ").unwrap().1.to_owned()
}

/// A door that trusts `authority`, on a machine whose wall clock is ahead by `later`.
pub(super) fn door(authority: Option<&Certificate>, later: Duration) -> Door {
    let trust = authority.map_or_else(Trust::default, Certificate::trusted);
    Door::new(DoorSettings { trust, ..settings() }, Arc::new(Machine { ahead: later, ..Machine::default() }))
        .unwrap()
}

fn through_proxy(server: &OpenSsl, host: &str, authority: &Certificate) -> Result<Response> {
    let proxy = super::proxy::tunnel_to(server.port);
    let settings = DoorSettings {
        trust: authority.trusted(),
        proxy: ProxySetting::Url(Arc::new(Secret::new(proxy.url("")))),
        ..settings()
    };
    get(&Door::new(settings, Arc::new(Unix)).unwrap(), &format!("https://{host}/token?CANARY"))
}

fn roots_of(file: &Path) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
    roots
}

/// A folder for certificates, gone with the test.
pub(super) struct Folder(PathBuf);

/// A certificate with its key, in PEM files.
pub(super) struct Certificate {
    pub(super) certificate: PathBuf,
    key: PathBuf,
}

/// Trust in what the file holds.
fn trust_in(file: &Path) -> Trust {
    Trust { ca_file: Some(file.to_owned()), ..Trust::default() }
}

impl Certificate {
    /// Trust in this one.
    pub(super) fn trusted(&self) -> Trust {
        trust_in(&self.certificate)
    }
}

impl Folder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("beamlit-http-{}-{}", Unix.process(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn certificate(&self, name: &str) -> Certificate {
        Certificate { certificate: self.path(&format!("{name}.pem")), key: self.path(&format!("{name}.key")) }
    }

    pub(super) fn authority(&self, name: &str) -> Certificate {
        self.openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.pem \
             -subj /CN={name} -days 365"
        ));
        self.certificate(name)
    }

    fn self_signed(&self, name: &str, constraints: &str) -> Certificate {
        self.openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.pem \
             -subj /CN=localhost -days 365 -addext subjectAltName=DNS:localhost -addext basicConstraints={constraints}"
        ));
        self.certificate(name)
    }

    /// A certificate for the names, valid for thirty days.
    pub(super) fn issue(&self, authority: &Certificate, name: &str, names: &str) -> Certificate {
        self.issue_for(authority, name, names, "extendedKeyUsage=serverAuth")
    }

    fn issue_for(&self, authority: &Certificate, name: &str, names: &str, extension: &str) -> Certificate {
        self.request(name, &format!("subjectAltName={names}\n{extension}\n"));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA {} -CAkey {} -CAcreateserial -extfile {name}.ext -days 30 -out {name}.pem",
            authority.certificate.display(),
            authority.key.display()
        ));
        self.certificate(name)
    }

    /// A certificate whose time begins in the year 2040.
    fn not_yet_valid(&self, authority: &Certificate, name: &str) -> Certificate {
        self.request(name, "subjectAltName=DNS:localhost\n");
        fs::write(self.path("index.txt"), "").unwrap();
        fs::write(
            self.path("ca.conf"),
            "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nrand_serial=yes\nnew_certs_dir=.\ndefault_md=sha256\n\
             policy=p\n[p]\ncommonName=supplied\n",
        )
        .unwrap();
        self.openssl(&format!(
            "ca -batch -config ca.conf -in {name}.csr -cert {} -keyfile {} -extfile {name}.ext -out {name}.pem \
             -notext -startdate 20400101000000Z -enddate 20410101000000Z",
            authority.certificate.display(),
            authority.key.display()
        ));
        self.certificate(name)
    }

    fn request(&self, name: &str, extensions: &str) {
        fs::write(self.path(&format!("{name}.ext")), extensions).unwrap();
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(&self.0)
            .output()
            .expect("openssl is missing: apt-get install openssl");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `openssl s_server`, which answers its one connection and shows what it was sent.
struct OpenSsl {
    child: Child,
    port: u16,
    output: Option<BufReader<ChildStdout>>,
}

impl OpenSsl {
    fn start(certificate: &Certificate, options: &[&str]) -> Self {
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert"])
            .arg(&certificate.certificate)
            .arg("-key")
            .arg(&certificate.key)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is missing: apt-get install openssl");
        child.stdin.as_mut().unwrap().write_all(OK).unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("ACCEPT") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "openssl s_server ended");
        }
        let port = line.trim().rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port, output: Some(output) }
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/token?CANARY", self.port)
    }

    /// What the server was sent. It ends with its connection, so the door has to be gone.
    fn heard(mut self) -> String {
        let until = Instant::now() + Duration::from_secs(10);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "openssl s_server does not end");
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut text = String::new();
        self.output.take().unwrap().read_to_string(&mut text).unwrap();
        let from = text.find("GET ").or_else(|| text.find("POST "));
        from.map_or(String::new(), |from| text[from..].to_owned())
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A TLS server in this process, for what `openssl` cannot be made to do.
pub(super) struct Rustls {
    port: u16,
    accepted: Arc<AtomicUsize>,
}

type SecureStream = StreamOwned<ServerConnection, std::net::TcpStream>;

impl Rustls {
    /// Serves up to eight connections.
    pub(super) fn start(
        certificate: &Certificate,
        serve: impl Fn(&mut SecureStream, usize) + Send + Sync + 'static,
    ) -> Self {
        let chain = CertificateDer::pem_file_iter(&certificate.certificate).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                chain.map(std::result::Result::unwrap).collect(),
                PrivateKeyDer::from_pem_file(&certificate.key).unwrap(),
            )
            .unwrap();
        let (config, serve) = (Arc::new(config), Arc::new(serve));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        std::thread::spawn(move || {
            for stream in listener.incoming().take(8) {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let serve = Arc::clone(&serve);
                std::thread::spawn(move || serve(&mut stream, number));
            }
        });
        Self { port, accepted }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/token", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}
