//! The client of the fault tests in Rust: does what its arguments say and ends, or without arguments what each line of
//! its input says. A line of output answers; `client.py` beside it has the words.
#![expect(clippy::print_stdout, reason = "its answers are what it is for")]

use std::io::{Write as _, stdout};
use std::sync::Barrier;
use std::time::Duration;

use beamlit_auth::{Config, DeviceLogin, Error, ErrorKind, Login, Result, Session, shutdown};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut kept = None;
    if words.is_empty() {
        for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
            let words: Vec<&str> = line.split_whitespace().collect();
            act(&words, &mut kept);
        }
    } else {
        act(&words.iter().map(String::as_str).collect::<Vec<_>>(), &mut kept);
    }
    shutdown(Duration::from_secs(20));
}

fn act(words: &[&str], kept: &mut Option<Session>) {
    let outcome = match words {
        ["token"] => open().and_then(|session| token(&session)),
        ["token", milliseconds] => open().and_then(|session| token_within(&session, milliseconds)),
        ["keep"] => keep(kept),
        ["refused"] => keep(kept).and_then(|_| refused(kept)),
        ["herd", count, "kept"] => {
            kept_session(kept).and_then(|session| herd(count.parse().unwrap_or(0), session, false))
        }
        ["herd", count, sessions] => {
            open().and_then(|session| herd(count.parse().unwrap_or(0), &session, *sessions == "own"))
        }
        ["login"] => login(config()),
        ["login", rotation] => login(config().rotation(*rotation)),
        ["logout"] => open().and_then(|session| session.logout().map(|_| String::new())),
        _ => Ok("unknown command".to_owned()),
    };
    match outcome {
        Ok(token) => answer(&format!("ok\t{token}")),
        Err(error) => {
            let reason = error.reason().map_or("", |reason| reason.name());
            answer(&format!("{}\t{reason}\t{}", error.kind().name(), error.message()));
        }
    }
}

/// Says it again if it could not be said: where a test lets a system call fail once, it fails once in every thread.
fn answer(line: &str) {
    let line = format!("{line}\n");
    if stdout().write_all(line.as_bytes()).is_err() {
        print!("{line}");
    }
}

fn config() -> Config {
    let workspace = std::env::var("TEST_WORKSPACE").unwrap_or_else(|_| "acme".to_owned());
    let background_refresh = std::env::var_os("TEST_BACKGROUND_REFRESH").is_some();
    let config = Config::new().workspace(workspace).background_refresh(background_refresh);
    match std::env::var("TEST_CLIENT_ID") {
        Ok(client_id) => config.credential(DeviceLogin::new().client_id(client_id)),
        Err(_) => config,
    }
}

fn open() -> Result<Session> {
    Session::open(config())
}

fn token(session: &Session) -> Result<String> {
    Ok(session.token()?.reveal().to_owned())
}

fn token_within(session: &Session, milliseconds: &str) -> Result<String> {
    let timeout = Duration::from_millis(milliseconds.parse().unwrap_or(0));
    Ok(session.call().timeout(timeout).token()?.reveal().to_owned())
}

fn keep(kept: &mut Option<Session>) -> Result<String> {
    token(kept_session(kept)?)
}

fn kept_session(kept: &mut Option<Session>) -> Result<&Session> {
    let session = match kept.take() {
        Some(session) => session,
        None => open()?,
    };
    Ok(kept.insert(session))
}

fn refused(kept: &mut Option<Session>) -> Result<String> {
    let session = kept.as_ref().ok_or_else(|| Error::new(ErrorKind::InternalError, "nothing is kept"))?;
    session.invalidate(session.token()?.generation());
    token(session)
}

fn herd(count: usize, shared: &Session, own: bool) -> Result<String> {
    let start = Barrier::new(count);
    let members: Vec<Session> =
        (0..count).map(|_| if own { open() } else { Ok(shared.clone()) }).collect::<Result<_>>()?;
    let ask = |session: &Session| {
        start.wait();
        token(session)
    };
    let given: Vec<Result<String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = members.iter().map(|session| scope.spawn(|| ask(session))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Ok("a panic".to_owned()))).collect()
    });
    let mut tokens: Vec<String> = given.into_iter().collect::<std::result::Result<_, Error>>()?;
    tokens.dedup();
    Ok(if tokens.len() == 1 { tokens.remove(0) } else { "different tokens".to_owned() })
}

fn login(config: Config) -> Result<String> {
    let login = Login::start(config)?;
    answer(&format!("code\t{}", login.user_code()));
    token(&login.wait()?)
}
