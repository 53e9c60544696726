//! Logs in, uses a stored login and ends it through the library. Prints what it was told, one NAME=VALUE a line; the
//! token is among it, as with `bl token`.
//!
//! `oidc-login login | headers | outlive EXPIRIES | logout`: a login shows its link and its code and waits; headers are
//! asked for once; one session is asked again each time its token has expired; after a logout headers are asked for as
//! well. The variables `ISSUER`, `CLIENT_ID`, `URL` and `ORIGIN` say where.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that reads its environment, waits and prints"
)]

use std::env::var;
use std::error::Error;
use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use beamlit_auth::{Config, DeviceLogin, Login, Platform, Reason, Session};

type Outcome = Result<(), Box<dyn Error>>;

const LIMIT: Duration = Duration::from_secs(40);

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match *words {
        ["login"] => log_in(),
        ["headers"] => {
            Session::open(config()?).map_err(Into::into).and_then(|session| print_headers(&session))
        }
        ["outlive", expiries] => outlive(expiries.parse()?),
        ["logout"] => log_out(),
        _ => Err("usage: oidc-login login | headers | outlive EXPIRIES | logout".into()),
    };
    match outcome.map_err(<dyn Error>::downcast::<beamlit_auth::Error>) {
        Ok(()) => Ok(()),
        Err(Ok(error)) => {
            let reason = error.reason().map(Reason::name).unwrap_or_default();
            println!("kind={}\nreason={reason}\nmessage={error}", error.kind().name());
            Ok(())
        }
        Err(Err(other)) => Err(other),
    }
}

fn config() -> Result<Config, Box<dyn Error>> {
    let client = DeviceLogin::new().client_id(var("CLIENT_ID")?);
    Ok(Config::from(client).platform(Platform::custom(var("ISSUER")?)).allow_origin(var("ORIGIN")?))
}

fn log_in() -> Outcome {
    let login = Login::start(config()?)?;
    println!("user_code={}\nurl={}", login.user_code(), login.url());
    std::io::stdout().flush()?;
    print_headers(&login.wait()?)
}

fn print_headers(session: &Session) -> Outcome {
    let headers = session.headers(&var("URL")?)?;
    let token =
        headers.iter().find_map(|(_, value)| value.strip_prefix("Bearer ")).ok_or("no bearer token")?;
    println!("kind=ok\ngeneration={}\ntoken={token}", headers.generation());
    let expires_at = session.token()?.expires_at().ok_or("the token does not expire")?;
    println!("expires_at_s={}", expires_at.duration_since(SystemTime::UNIX_EPOCH)?.as_secs());
    Ok(())
}

fn outlive(expiries: u32) -> Outcome {
    let session = Session::open(config()?)?;
    for _ in 0..expiries {
        let token = session.token()?;
        let expires_at = token.expires_at().ok_or("the token does not expire")?;
        let begun = Instant::now();
        while SystemTime::now() <= expires_at && begun.elapsed() < LIMIT {
            std::thread::sleep(Duration::from_millis(20));
        }
        let headers = session.headers(&var("URL")?)?;
        if headers.generation() != token.generation() + 1 {
            return Err("an expiry took more or less than one renewal".into());
        }
    }
    print_headers(&session)
}

fn log_out() -> Outcome {
    let session = Session::open(config()?)?;
    let ended = session.logout()?;
    println!("revoked={}\ndeleted={}", u8::from(ended.revoked), u8::from(ended.deleted));
    print_headers(&session)
}
