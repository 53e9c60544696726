//! A token server that answers from memory, so that its clients are what is measured. It is no authorization server:
//! it checks no secret, and its access tokens look like JWTs and are signed by nobody.
//!
//! `fixed_as CERTIFICATE KEY` prints the two ports it has bound on loopback, as JSON, and serves HTTP on one and HTTPS
//! on the other until its stdin ends: one thread a connection, HTTP/1.1 with keep-alive. `GET /_ctl?NAME=VALUE&…` gives
//! the counts since the last reset, then sets:
//!   delay_ms=N    wait before a token request is answered
//!   expires_in=N  life of the next tokens, in seconds
//!   cc_rt=0|1     give a refresh token for client credentials too (RFC 6749 §4.4.3 says not to)
//!   reset=1       begin to count from zero

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, io, process, thread};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Longest request that is read, in bytes.
const REQUEST_LIMIT: usize = 1 << 20;

#[derive(Default)]
struct State {
    delay_ms: AtomicU64,
    expires_in: AtomicU64,
    cc_rt: AtomicU64,
    issued: AtomicU64,
    token_requests: AtomicU64,
    discovery: AtomicU64,
    connections: AtomicU64,
    inflight: AtomicU64,
    max_inflight: AtomicU64,
}

/// A request whose body has been read.
struct Request {
    method: String,
    path: String,
    query: String,
    host: String,
    close: bool,
    body: String,
}

/// Status and body of an answer.
type Answer = (u16, String);

impl State {
    fn answer(&self, request: &Request, scheme: &str) -> Answer {
        let path = &*request.path;
        if path == "/_ctl" {
            (200, self.control(&request.query))
        } else if path.contains("/.well-known/") {
            self.discovery.fetch_add(1, SeqCst);
            (200, metadata(&issuer(request, scheme)))
        } else if request.method == "POST" && path.ends_with("/token") {
            (200, self.token(request, &issuer(request, scheme)))
        } else {
            (404, r#"{"error":"not_found"}"#.to_owned())
        }
    }

    fn token(&self, request: &Request, issuer: &str) -> String {
        self.token_requests.fetch_add(1, SeqCst);
        let inflight = self.inflight.fetch_add(1, SeqCst) + 1;
        self.max_inflight.fetch_max(inflight, SeqCst);
        match self.delay_ms.load(SeqCst) {
            0 => {}
            delay => thread::sleep(Duration::from_millis(delay)),
        }
        self.inflight.fetch_sub(1, SeqCst);
        let number = self.issued.fetch_add(1, SeqCst);
        let expires_in = self.expires_in.load(SeqCst);
        let token = access_token(number, expires_in, issuer);
        // Some clients file the token under the scope that was answered.
        let scope = scope(&request.body).map_or(String::new(), |scope| format!(r#","scope":"{scope}""#));
        let person = !request.body.contains("client_credentials") || self.cc_rt.load(SeqCst) == 1;
        let refresh_token = if person { r#","refresh_token":"rt""# } else { "" };
        format!(
            r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{expires_in}{scope}{refresh_token}}}"#
        )
    }

    fn control(&self, query: &str) -> String {
        let before = self.counts();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let number = value.parse().unwrap_or(0);
            match name {
                "delay_ms" => self.delay_ms.store(number, SeqCst),
                "expires_in" => self.expires_in.store(number, SeqCst),
                "cc_rt" => self.cc_rt.store(number, SeqCst),
                "reset" => self.counters().iter().for_each(|(_, counter)| counter.store(0, SeqCst)),
                _ => {}
            }
        }
        before
    }

    fn counters(&self) -> [(&str, &AtomicU64); 4] {
        [
            ("token_requests", &self.token_requests),
            ("discovery", &self.discovery),
            ("connections", &self.connections),
            ("max_inflight", &self.max_inflight),
        ]
    }

    fn counts(&self) -> String {
        let counts = self.counters().map(|(name, counter)| format!(r#""{name}":{}"#, counter.load(SeqCst)));
        format!("{{{}}}", counts.join(","))
    }
}

/// The scope that was asked for, out of a form or a JSON object.
fn scope(body: &str) -> Option<String> {
    if let Some((_, rest)) = body.split_once(r#""scope":""#) {
        return rest.split_once('"').map(|(scope, _)| scope.to_owned());
    }
    let scope = body.split('&').find_map(|pair| pair.strip_prefix("scope="))?;
    // More than these is in none of the scopes that are asked for.
    Some(scope.replace('+', " ").replace("%20", " ").replace("%2F", "/"))
}

/// Everything of the URL before the part that is the endpoint's own.
fn issuer(request: &Request, scheme: &str) -> String {
    let ends = ["/.well-known/", "/oauth2/", "/oauth/token"];
    let end = ends.iter().find_map(|end| request.path.find(end)).unwrap_or(0);
    format!("{scheme}://{}{}", request.host, &request.path[..end])
}

fn metadata(issuer: &str) -> String {
    format!(
        r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/oauth2/authorize","token_endpoint":"{issuer}/oauth2/token","device_authorization_endpoint":"{issuer}/oauth2/device","jwks_uri":"{issuer}/oauth2/jwks","response_types_supported":["code"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}}"#
    )
}

/// As long as a JWT that is signed with RS256.
fn access_token(number: u64, expires_in: u64, issuer: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let header = base64(br#"{"alg":"RS256","typ":"at+jwt","kid":"bench-1"}"#);
    let claims = format!(
        r#"{{"iss":"{issuer}","sub":"user-1","oid":"user-1","tid":"t","aud":"https://api.example.com","iat":{now},"nbf":{now},"exp":{},"jti":"at-{number}","scope":"api"}}"#,
        now + expires_in
    );
    format!("{header}.{}.{}", base64(claims.as_bytes()), "A".repeat(342))
}

/// base64url without padding, RFC 4648 §5.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |chunk: &[u8]| {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]))
    };
    bytes.chunks(3).flat_map(|chunk| group(chunk).into_iter().take(chunk.len() + 1)).collect()
}

fn serve(mut stream: impl Read + Write, state: &State, scheme: &str) {
    let mut buffer = Vec::with_capacity(8192);
    let mut counted = false;
    while let Some(request) = read_request(&mut stream, &mut buffer) {
        if request.path != "/_ctl" && !counted {
            // Those that only set something are not the clients'.
            counted = true;
            state.connections.fetch_add(1, SeqCst);
        }
        let (status, body) = state.answer(&request, scheme);
        let answer = format!(
            "HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: {}\r\n{}\r\n{body}",
            if status == 200 { "OK" } else { "Not Found" },
            body.len(),
            if request.close { "Connection: close\r\n" } else { "" }
        );
        let written = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
        if written.is_err() || request.close {
            return;
        }
    }
}

/// The next request, of which the buffer may hold a beginning; `None` when the client has gone.
fn read_request(stream: &mut (impl Read + Write), buffer: &mut Vec<u8>) -> Option<Request> {
    let head_end = loop {
        match buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            Some(at) => break at + 4,
            None => read_more(stream, buffer)?,
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        host: String::new(),
        close: false,
        body: String::new(),
    };
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match &*name.to_ascii_lowercase() {
            "content-length" => length = value.parse().ok()?,
            "host" => request.host = value.to_owned(),
            "connection" => request.close = value.eq_ignore_ascii_case("close"),
            "expect" => stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?,
            _ => {}
        }
    }
    while buffer.len() < head_end + length {
        read_more(stream, buffer)?;
    }
    request.body = String::from_utf8_lossy(&buffer[head_end..head_end + length]).into_owned();
    buffer.drain(..head_end + length);
    Some(request)
}

fn read_more(stream: &mut impl Read, buffer: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 8192];
    match stream.read(&mut chunk) {
        Ok(count) if count > 0 && buffer.len() < REQUEST_LIMIT => buffer.extend_from_slice(&chunk[..count]),
        _ => return None,
    }
    Some(())
}

fn accept(listener: &TcpListener, state: &Arc<State>, tls: Option<&Arc<ServerConfig>>) {
    for stream in listener.incoming().flatten() {
        let (state, tls) = (Arc::clone(state), tls.cloned());
        // A connection that gets no thread is closed, which its client reports.
        let _ = thread::Builder::new().stack_size(256 * 1024).spawn(move || converse(stream, &state, tls));
    }
}

fn converse(stream: TcpStream, state: &State, tls: Option<Arc<ServerConfig>>) {
    // Without it answers are only later.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, state, "http"),
        Some(tls) => {
            if let Ok(connection) = ServerConnection::new(tls) {
                serve(StreamOwned::new(connection, stream), state, "https");
            }
        }
    }
}

fn tls(certificate: &str, key: &str) -> Result<Arc<ServerConfig>, Box<dyn std::error::Error>> {
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = env::args().collect();
    let [_, certificate, key] = &words[..] else { return Err("usage: fixed_as CERTIFICATE KEY".into()) };
    let tls = tls(certificate, key)?;
    let state = Arc::new(State { expires_in: 3600.into(), ..State::default() });
    let (http, https) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    println!(r#"{{"http":{},"https":{}}}"#, http.local_addr()?.port(), https.local_addr()?.port());
    io::stdout().flush()?;
    thread::spawn(|| {
        // Whatever ends the input ends the server.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    let secure = Arc::clone(&state);
    thread::spawn(move || accept(&https, &secure, Some(&tls)));
    accept(&http, &state, None);
    Ok(())
}
