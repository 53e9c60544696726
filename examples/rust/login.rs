//! Logs a person in. Every program of the machine uses that login from then on: `models.rs` for one.
use std::time::Duration;

use beamlit_auth::{Config, Login};

#[rustfmt::skip]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pending = Login::start(Config::new().workspace("acme"))?;      // device login
    println!("open {} and enter {}", pending.verification_uri(), pending.user_code()); let session = pending.wait()?;
    println!("logged in to {}", session.workspace().unwrap_or_default());
    // So that no answer of the server is lost.
    beamlit_auth::shutdown(Duration::from_secs(30));
    Ok(())
}
