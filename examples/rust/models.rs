//! The shortest program: lists models with ureq. The credential is that of the environment, or the login of this person.
use beamlit_auth::{Config, Session};

#[rustfmt::skip]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let session = Session::open(Config::new())?;                   // or ApiKey::new(key), ClientCredentials::new(id, secret), Config::new().workspace("acme")
    let url = format!("{}/models", session.api_url()); let mut request = ureq::get(&url).config().max_redirects(0).build();  // ask for headers at each hop
    for (name, value) in &session.headers(&url)? { request = request.header(name, value); }
    println!("{}", request.call()?.body_mut().read_to_string()?);
    Ok(())
}
