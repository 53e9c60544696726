//! The emulator against RFC 6749, RFC 8414 and the platform's habits, over real sockets.

use beamlit_emulator::Emulator;

#[test]
fn smoke() {
    let emulator = Emulator::start().unwrap();
    let (id, secret) = emulator.client_credentials("acme");
    let body = ureq::post(format!("{}/oauth/token", emulator.api_url()))
        .content_type("application/json")
        .send(format!(
            r#"{{"grant_type":"client_credentials","client_id":"{id}","client_secret":"{secret}"}}"#
        ))
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    println!("{body}");
    let models = ureq::get(format!("{}/models", emulator.api_url()))
        .header("x-beamlit-api-key", emulator.api_key("acme"))
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    println!("{models} {:?}", emulator.requests());
}
