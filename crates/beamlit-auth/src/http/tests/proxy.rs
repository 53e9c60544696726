//! Proxies: a recorder of the tests' own, and `tinyproxy`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tls::{Certificate, Folder, Rustls};
use super::{OK, Server, get, post, read_request, settings, timely};
use crate::error::{Error, ErrorKind};
use crate::http::{Door, DoorSettings, Http as _, ProxySetting};
use crate::secret::Secret;
use crate::sys::Unix;

/// A proxy that takes every CONNECT and brings it to `port` on loopback, whatever host it names.
pub(super) fn tunnel_to(port: u16) -> Server {
    Server::start(move |peer| {
        if peer.hear().is_none() {
            return;
        }
        peer.say(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
        let far = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut near_in, mut far_out) = (peer.stream.try_clone().unwrap(), far.try_clone().unwrap());
        let thread = std::thread::spawn(move || {
            let _ = std::io::copy(&mut near_in, &mut far_out);
            let _ = far_out.shutdown(std::net::Shutdown::Write);
        });
        let (mut far_in, mut near_out) = (far, peer.stream.try_clone().unwrap());
        let _ = std::io::copy(&mut far_in, &mut near_out);
        let _ = near_out.shutdown(std::net::Shutdown::Write);
        thread.join().unwrap();
    })
}

fn door(proxy: ProxySetting, authority: &Certificate) -> Door {
    let settings = DoorSettings { trust: authority.trusted(), proxy, ..settings() };
    Door::new(settings, Arc::new(Unix)).unwrap()
}

fn url(text: impl Into<String>) -> ProxySetting {
    ProxySetting::Url(Arc::new(Secret::new(text)))
}

fn echo(folder: &Folder, authority: &Certificate, names: &str) -> Rustls {
    Rustls::start(&folder.issue(authority, "server", names), |stream, _| {
        while let Some(request) = read_request(stream) {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{request}", request.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    })
}

#[test]
fn https_goes_through_a_tunnel_and_the_password_to_the_proxy_alone() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let server = echo(&folder, &authority, "DNS:auth.example.test");
    let proxy = tunnel_to(server.port());
    let with_user = proxy.url("/").replace("http://", "http://us%40er:CANARY%3Apass@");
    let door = door(url(with_user), &authority);
    for _ in 0..3 {
        let answer = post(&door, "https://auth.example.test/token", "client_secret=s").unwrap();
        let request = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            request.starts_with("POST /token HTTP/1.1\r\n")
                && request.contains("host: auth.example.test\r\n")
        );
        assert!(!request.to_lowercase().contains("proxy-"), "{request}");
    }
    // base64 of `us@er:CANARY:pass`; one tunnel for three requests.
    assert_eq!(
        proxy.heard(),
        ["CONNECT auth.example.test:443 HTTP/1.1\r\nHost: auth.example.test:443\r\n\
          Proxy-Authorization: Basic dXNAZXI6Q0FOQVJZOnBhc3M=\r\n\r\n"]
    );
}

#[test]
fn loopback_never_goes_through_a_proxy() {
    let proxy = Server::answering("HTTP/1.1 403 Forbidden\r\n\r\n");
    let server = Server::start(|peer| {
        let _ = peer.stream.read(&mut [0; 4096]);
        peer.say(OK);
    });
    let folder = Folder::new();
    let authority = folder.authority("authority");
    for setting in [url(proxy.url("")), environment(&proxy.url(""), "")] {
        let door = door(setting, &authority);
        assert_eq!(get(&door, &server.url("/")).unwrap().status, 200);
        let secure = server.url("/").replace("http:", "https:");
        assert_eq!(get(&door, &secure).err().unwrap().kind(), ErrorKind::TlsError);
    }
    assert_eq!(proxy.connections(), 0);
}

fn environment(https_proxy: &str, no_proxy: &str) -> ProxySetting {
    ProxySetting::Environment {
        https_proxy: Arc::new(Secret::new(https_proxy)),
        no_proxy: no_proxy.to_owned(),
    }
}

#[test]
fn no_proxy_names_hosts_and_everything_below_them() {
    let refuses = Server::answering("HTTP/1.1 403 Forbidden\r\n\r\n");
    let folder = Folder::new();
    let authority = folder.authority("authority");
    for (no_proxy, host, direct) in [
        ("", "a.invalid", false),
        ("*", "a.invalid", true),
        ("a.invalid", "a.invalid", true),
        ("A.Invalid", "x.a.invalid", true),
        (".a.invalid", "a.invalid", true),
        ("*.a.invalid", "x.a.invalid", true),
        ("other.test, a.invalid", "a.invalid", true),
        ("other.test a.invalid", "a.invalid", true),
        ("a.invalid:443", "a.invalid", true),
        ("a.invalid:8443", "a.invalid", false),
        ("invalid", "a.invalid", true),
        ("valid", "a.invalid", false),
        ("b.a.invalid", "a.invalid", false),
        ("a.invali", "a.invalid", false),
        (",, ,", "a.invalid", false),
    ] {
        let door = door(environment(&refuses.url(""), no_proxy), &authority);
        let before = refuses.connections();
        let error = get(&door, &format!("https://{host}/token")).err().unwrap();
        let expected = if direct { ErrorKind::NetworkError } else { ErrorKind::ProxyError };
        assert_eq!(error.kind(), expected, "{no_proxy:?} {host}: {error}");
        assert_eq!(refuses.connections() - before, usize::from(!direct), "{no_proxy:?} {host}");
    }
}

/// The error of a request through a proxy that answers so.
fn refused(answer: &str) -> Error {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let proxy = Server::answering(answer);
    let setting = url(proxy.url("").replace("http://", "http://user:CANARY@"));
    let error =
        post(&door(setting, &authority), "https://auth.example.test/token?CANARY", "CANARY").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::ProxyError, "{error}");
    let host = proxy.url("").replace("http://", "");
    assert!(error.message().contains(&host) && !error.message().contains("CANARY"), "{error}");
    assert_eq!(error.retry_after(), None);
    error
}

#[test]
fn proxy_that_refuses_is_a_proxy_error_that_names_it() {
    let wants = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n";
    assert!(refused(wants).message().contains("user name and password (407)"));
    assert!(refused("HTTP/1.1 403 Filtered\r\n\r\n").message().contains("status 403"));
    assert!(refused("HTTP/1.0 502 Bad Gateway\r\nX: y\r\n\r\n<html>").message().contains("status 502"));
    assert!(
        refused("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
            .message()
            .contains("status 302")
    );
    for garbage in [
        "SSH-2.0-x\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nx",
    ] {
        assert!(refused(garbage).message().contains("not HTTP"), "{garbage:?}");
    }
    for cut in ["", "HTTP/1.1 200 OK\r\n"] {
        assert!(refused(cut).message().contains("broke the connection off"), "{cut:?}");
    }
}

#[test]
fn proxy_that_is_not_there_is_a_proxy_error() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error =
        get(&door(url(format!("http://{gone}")), &authority), "https://auth.example.test/").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::ProxyError);
    assert!(
        error.message().contains(&format!("the proxy {gone} cannot be reached (connection refused)")),
        "{error}"
    );
    let error =
        get(&door(url("proxy.invalid:3128"), &authority), "https://auth.example.test/").err().unwrap();
    assert!(error.message().contains("the proxy proxy.invalid:3128 has no address"), "{error}");
}

#[test]
fn proxy_that_says_nothing_ends_with_the_deadline_or_after_five_seconds() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    let proxy = Server::start(|peer| {
        peer.hear();
        peer.wait();
    });
    let door = door(url(proxy.url("")), &authority);
    let ends = |within: u64, after: u64, kind: ErrorKind| {
        timely(Duration::from_millis(after), || {
            let request = super::request("https://auth.example.test/", Duration::from_millis(within));
            let error = door.exchange(&request).err().unwrap();
            assert_eq!(error.kind(), kind, "{error}");
        });
    };
    ends(400, 400, ErrorKind::DeadlineExceeded);
    ends(20_000, 5_000, ErrorKind::ProxyError);
}

#[test]
fn proxy_url_that_cannot_be_used_is_invalid_config_without_its_password() {
    for text in [
        "",
        "http://",
        "socks5://user:CANARY@127.0.0.1:1080",
        "https://user:CANARY@proxy.test:443",
        "http://user:CANARY@proxy.test:0",
        "http://user:CANARY@proxy.test:port",
        "http://user:CANARY@proxy.test/path",
        "http://user:CANARY@proxy.test/?q",
        "http://us%3Aer:CANARY@proxy.test:1",
        "http://user:CANARY@pro xy.test:1",
        "http://user:CANARY@pröxy.test:1",
    ] {
        for (setting, name) in [(url(text), "proxy"), (environment(text, ""), "HTTPS_PROXY")] {
            let error =
                Door::new(DoorSettings { proxy: setting, ..settings() }, Arc::new(Unix)).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{text}");
            assert!(error.message().starts_with(name) && !error.message().contains("CANARY"), "{error}");
        }
    }
    for text in
        ["proxy.test", "proxy.test:3128", "http://proxy.test/", "HTTP://[::1]:3128", "user:p%40ss@proxy.test"]
    {
        assert!(Door::new(DoorSettings { proxy: url(text), ..settings() }, Arc::new(Unix)).is_ok(), "{text}");
    }
}

#[test]
fn tinyproxy_opens_the_way_for_who_knows_its_password() {
    let folder = Folder::new();
    let authority = folder.authority("authority");
    // 0.0.0.0 is this machine too, and unlike loopback it goes through a proxy.
    let server = echo(&folder, &authority, "IP:0.0.0.0");
    let proxy = TinyProxy::start(&folder);
    let target = format!("https://0.0.0.0:{}/token", server.port());
    let with = |user: &str| url(format!("http://{user}127.0.0.1:{}", proxy.port));
    let answer = post(&door(with("user:CANARY%2Dpass@"), &authority), &target, "a=b").unwrap();
    assert!(String::from_utf8_lossy(&answer.body).starts_with("POST /token"));
    for user in ["", "user:wrong@"] {
        let error = post(&door(with(user), &authority), &target, "a=b").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ProxyError, "{error}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let door = door(with("user:CANARY%2Dpass@"), &authority);
    let error = get(&door, &format!("https://0.0.0.0:{nobody}/")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::ProxyError, "{error}");
    assert!(error.message().contains("refused the way to"), "{error}");
}

struct TinyProxy {
    child: Child,
    port: u16,
}

impl TinyProxy {
    fn start(folder: &Folder) -> Self {
        // tinyproxy cannot be asked for any port, so a free one is looked for; another process may take it in between.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = folder.path("tinyproxy.conf");
        let text = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nBasicAuth user CANARY-pass\n");
        std::fs::write(&config, text).unwrap();
        let child = Command::new("tinyproxy")
            .args(["-d", "-c"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tinyproxy is missing: apt-get install tinyproxy");
        let proxy = Self { child, port };
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "tinyproxy does not listen");
            std::thread::yield_now();
        }
        proxy
    }
}

impl Drop for TinyProxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
