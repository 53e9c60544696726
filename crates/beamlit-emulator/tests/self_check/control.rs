use beamlit_emulator::Emulator;
use serde_json::{Value, json};

use crate::{agent, get, post_form, post_json, send};

fn control(emulator: &Emulator, path: &str, body: &Value) -> crate::Answer {
    post_json(&format!("{}/_emulator/{path}", emulator.console_url()), &[], body)
}

#[test]
fn faults_come_and_go_over_http() {
    let emulator = Emulator::start().unwrap();
    let models = format!("{}/models", emulator.api_url());
    let fault = json!({"path": "/models", "status": 418, "body": "short", "content_type": "text/plain",
        "retry_after": 3, "headers": {"X-Extra": "1"}, "delay_s": 0.01, "times": 9, "size": 7});
    assert_eq!(control(&emulator, "fault", &fault).status, 204);
    let answer = get(&models, &[]);
    assert_eq!((answer.status, answer.body.as_slice()), (418, &b"shortsh"[..]));
    assert_eq!((answer.header("retry-after"), answer.header("x-extra")), (Some("3"), Some("1")));
    let faults = format!("{}/_emulator/faults", emulator.console_url());
    assert_eq!(send(&agent(), "DELETE", &faults, &[], "").unwrap().status, 204);
    assert_eq!(get(&models, &[]).status, 401);
    control(&emulator, "fault", &json!({"path": "/models", "drop": true}));
    assert!(send(&agent(), "GET", &models, &[], "").is_err());
    for (unknown, told) in [(json!({"path": "/", "stauts": 500}), "stauts"), (json!({"times": -1}), "times")]
    {
        let answer = control(&emulator, "fault", &unknown);
        assert_eq!(answer.status, 422);
        assert!(String::from_utf8_lossy(&answer.body).contains(told), "{answer:?}");
    }
}

#[test]
fn credentials_clock_and_settings_are_steered_over_http() {
    let emulator = Emulator::start().unwrap();
    let key = control(&emulator, "api_key", &json!({"workspace": "acme"})).json();
    let client = control(&emulator, "client_credentials", &json!({"workspace": "acme"})).json();
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let settings =
        control(&emulator, "settings", &json!({"token_lifetime_s": 30, "dialect": "strict"})).json();
    assert_eq!((&settings["token_lifetime_s"], &settings["opaque_tokens"]), (&json!(30), &json!(false)));
    let token = post_form(&emulator.token_endpoint(), &[], &body).json();
    assert_eq!((&token["expires_in"], &token["refresh_token"]), (&json!(30), &Value::Null));
    let models = format!("{}/models", emulator.api_url());
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    assert_eq!(get(&models, &[("Authorization", &bearer)]).status, 200);
    assert_eq!(control(&emulator, "advance", &json!({"seconds": 31})).status, 204);
    assert_eq!(get(&models, &[("Authorization", &bearer)]).status, 401);
    assert_eq!(get(&models, &[("Api-Key", key["api_key"].as_str().unwrap())]).status, 200);
    for bad in [json!({"dialect": "loose"}), json!({"lifetime": 1}), json!({"token_lifetime_s": -1})] {
        assert_eq!(control(&emulator, "settings", &bad).status, 400, "{bad}");
    }
    let now = get(&format!("{}/_emulator/settings", emulator.console_url()), &[]).json();
    assert_eq!(now, settings, "a bad change changes nothing");
}

#[test]
fn requests_are_told_as_they_came() {
    let emulator = Emulator::start().unwrap();
    let url = format!("{}//oauth/token?x=1", emulator.api_url());
    post_form(&url, &[("X-Beamlit-Workspace", "acme")], "grant_type=CANARY");
    let told = get(&format!("{}/_emulator/requests", emulator.console_url()), &[]).json();
    assert_eq!(told["token_requests"], 1);
    assert_eq!(told["connections"], 2);
    let request = &told["requests"][0];
    let expected = json!(["POST", "/v0//oauth/token", "x=1", "grant_type=CANARY", 400]);
    let names = ["method", "path", "query", "body", "status"];
    assert_eq!(Value::from(names.map(|name| request[name].clone()).to_vec()), expected);
    assert!(request["headers"].as_array().unwrap().contains(&json!(["x-beamlit-workspace", "acme"])));
    assert!(request["time"].as_f64().unwrap() > 1.7e9);
    assert_eq!(told["requests"].as_array().unwrap().len(), 1, "steering is not recorded");

    let recorded = &emulator.requests()[0];
    assert_eq!(
        (recorded.header("X-Beamlit-WORKSPACE"), recorded.text().as_str()),
        (Some("acme"), "grant_type=CANARY")
    );
    assert_eq!(format!("{recorded:?}"), "POST /v0//oauth/token -> Some(400)");
}

#[test]
fn steering_is_out_of_reach_of_faults_and_of_forms() {
    let emulator = Emulator::start().unwrap();
    control(&emulator, "fault", &json!({"path": "", "status": 500}));
    assert_eq!(get(&format!("{}/models", emulator.api_url()), &[]).status, 500);
    assert_eq!(control(&emulator, "advance", &json!({"seconds": 1})).status, 204);
    // What a page of another site can send without being asked for leave.
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let url = format!("{}/_emulator/api_key", emulator.console_url());
        let answer =
            send(&agent(), "POST", &url, &[("content-type", content_type)], r#"{"workspace":"acme"}"#);
        assert_eq!(answer.unwrap().status, 415, "{content_type}");
    }
}
