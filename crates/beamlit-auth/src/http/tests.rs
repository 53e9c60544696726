//! The door against real sockets: servers of the tests' own that misbehave in every way of the wire, `openssl` for
//! certificates and old TLS, `tinyproxy` for a proxy.

mod at_once;
mod deadline;
mod once;
mod pool;
mod proxy;
mod resolver;
mod tls;
mod wire;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::http::{Body, Door, DoorSettings, Http as _, ProxySetting, Request, Response};
use crate::net::Trust;
use crate::origin::Url;
use crate::secret::Secret;
use crate::sys::{System, Unix, Work};

/// A server on loopback that gives every connection to `serve`, on a thread of its own.
pub(super) struct Server {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// One connection as a test's server sees it.
pub(super) struct Peer {
    stream: TcpStream,
    heard: Arc<Mutex<Vec<String>>>,
    /// How many connections came before.
    number: usize,
    over: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn start(serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let serve = Arc::new(serve);
        let thread = std::thread::spawn({
            let (accepted, heard, over) = (Arc::clone(&accepted), Arc::clone(&heard), Arc::clone(&over));
            move || {
                for stream in listener.incoming() {
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                    let number = accepted.fetch_add(1, Ordering::SeqCst);
                    let mut peer = Peer {
                        stream: stream.unwrap(),
                        heard: Arc::clone(&heard),
                        number,
                        over: Arc::clone(&over),
                    };
                    let serve = Arc::clone(&serve);
                    std::thread::spawn(move || serve(&mut peer));
                }
            }
        });
        Self { address, accepted, heard, over, thread: Some(thread) }
    }

    /// A server that answers each connection's first request with `answer` and closes.
    pub(super) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |peer| {
            if peer.hear().is_some() {
                peer.say(&answer);
            }
        })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Every request that came whole.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Peer {
    /// Reads one request; `None` when the client has closed.
    pub(super) fn hear(&mut self) -> Option<String> {
        let request = read_request(&mut self.stream)?;
        self.heard.lock().unwrap().push(request.clone());
        Some(request)
    }

    pub(super) fn say(&mut self, bytes: &[u8]) {
        // The client may have hung up on purpose.
        let _ = self.stream.write_all(bytes);
    }

    /// Says `piece` again and again, at most until the client hangs up or the test is over.
    pub(super) fn repeat(&mut self, piece: &[u8], pause: Duration) {
        while !self.over.load(Ordering::SeqCst) && self.stream.write_all(piece).is_ok() {
            std::thread::sleep(pause);
        }
    }

    /// Waits until the client hangs up.
    pub(super) fn wait(&mut self) {
        let _ = self.stream.read(&mut [0; 1]);
    }
}

/// Head and body of a request whose length is declared, or `None` when the client closes before it is whole.
pub(super) fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse::<usize>().unwrap());
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(amount) => request.extend_from_slice(&piece[..amount]),
        }
    }
}

pub(super) const OK: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

pub(super) fn settings() -> DoorSettings {
    DoorSettings {
        trust: Trust::default(),
        proxy: ProxySetting::None,
        user_agent: "beamlit-auth/test".to_owned(),
    }
}

pub(super) fn door() -> Door {
    Door::new(settings(), Arc::new(Unix)).unwrap()
}

pub(super) fn request(url: &str, within: Duration) -> Request {
    Request {
        url: Url::parse(url, "URL").unwrap(),
        authorization: None,
        body: None,
        deadline: Unix.monotonic() + within,
    }
}

pub(super) fn get(door: &Door, url: &str) -> Result<Response> {
    door.exchange(&request(url, Duration::from_secs(20)))
}

pub(super) fn post(door: &Door, url: &str, text: &str) -> Result<Response> {
    let body = Body { content_type: "application/x-www-form-urlencoded", text: Secret::new(text) };
    door.exchange(&Request { body: Some(body), ..request(url, Duration::from_secs(20)) })
}

/// Whether `wait` ends after `limit`, and at most 200 ms later. A busy machine may wake a thread late, so the best of
/// three counts.
pub(super) fn timely(limit: Duration, wait: impl Fn()) {
    let mut late = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        wait();
        let took = begun.elapsed();
        assert!(took >= limit, "too early: {took:?}");
        if took < limit + Duration::from_millis(200) {
            return;
        }
        late.push(took);
    }
    panic!("too late: {late:?} instead of {limit:?}");
}

/// This machine, with a wall clock that is ahead and with threads that can be held back.
#[derive(Default)]
pub(super) struct Machine {
    ahead: Duration,
    hold: bool,
    held: Mutex<Vec<Work>>,
    threads: AtomicUsize,
}

impl System for Machine {
    crate::sys::disk_of_this_machine!();

    fn coarse(&self) -> u64 {
        Unix.coarse()
    }
    fn monotonic(&self) -> Duration {
        Unix.monotonic()
    }
    fn boot(&self) -> Duration {
        Unix.boot()
    }
    fn wall(&self) -> Duration {
        Unix.wall() + self.ahead
    }
    fn process(&self) -> u64 {
        Unix.process()
    }
    fn random(&self) -> Result<u64> {
        Unix.random()
    }
    fn spawn(&self, name: &'static str, work: Work) -> Result<()> {
        self.threads.fetch_add(1, Ordering::SeqCst);
        if self.hold {
            self.held.lock().unwrap().push(work);
            return Ok(());
        }
        Unix.spawn(name, work)
    }
}
