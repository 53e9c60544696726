//! Lists models with the credential of the environment, once under each header name.
//!
//! `list_models METHOD NAME…`: METHOD is `api_key` (variable `BL_API_KEY`), `client_secret_basic` or
//! `client_secret_post` (variable `BL_CLIENT_CREDENTIALS`), or `login` (what `bl login` stored). Prints each name with
//! the status of the answer.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that reads its environment and prints"
)]

use std::error::Error;

use beamlit_auth::{ApiKey, ClientCredentials, Config, Session};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let method = arguments.next().ok_or("usage: list_models METHOD NAME…")?;
    let config = match method.as_str() {
        "login" => Config::new(),
        "api_key" => ApiKey::new(std::env::var("BL_API_KEY")?).into(),
        _ => ClientCredentials::decode(&std::env::var("BL_CLIENT_CREDENTIALS")?)?
            .token_endpoint_auth_method(method)
            .into(),
    };
    let mut answers = Vec::new();
    for name in arguments {
        let session = Session::open(config.clone().header(&name))?;
        answers.push(format!("{name} {}", list_models(&session)?));
    }
    println!("{}", answers.join(", "));
    Ok(())
}

fn list_models(session: &Session) -> Result<u16, Box<dyn Error>> {
    let url = format!("{}/models", session.api_url());
    let mut request = ureq::get(&url);
    for (name, value) in &session.headers(&url)? {
        request = request.header(name, value);
    }
    // No redirects: headers are asked for at each hop.
    Ok(request.config().max_redirects(0).build().call()?.status().as_u16())
}
