use beamlit_emulator::Emulator;
use serde_json::{Value, json};

use crate::{Answer, agent, get, post_json, send};

struct Api {
    emulator: Emulator,
    key: String,
}

impl Api {
    fn start() -> Self {
        let emulator = Emulator::start().unwrap();
        let key = emulator.api_key("acme");
        Self { emulator, key }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let url = format!("{}{path}", self.emulator.api_url());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&agent(), method, &url, &[("X-Beamlit-Api-Key", &self.key)], &body).unwrap()
    }

    fn models(&self, header: &str, value: &str) -> u16 {
        get(&format!("{}/models", self.emulator.api_url()), &[(header, value)]).status
    }

    fn token(&self, id: &Value, secret: &Value) -> Answer {
        let body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
        post_json(&self.emulator.token_endpoint(), &[], &body)
    }
}

fn members(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_account_lives_from_its_creation_to_its_deletion() {
    let api = Api::start();
    let created = api.call("POST", "/service_accounts", &json!({"name": "ci", "description": "builds"}));
    assert_eq!(created.status, 200);
    let created = created.json();
    assert_eq!(
        members(&created),
        ["client_id", "client_secret", "created_at", "description", "name", "updated_at"]
    );
    let id = created["client_id"].as_str().unwrap();
    let token = api.token(&created["client_id"], &created["client_secret"]).json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    assert_eq!(api.models("Authorization", &bearer), 200);

    let listed = api.call("GET", "/service_accounts", &Value::Null).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(members(&listed[0]), ["client_id", "created_at", "description", "name", "updated_at"]);

    let changed = api.call("PUT", &format!("/service_accounts/{id}"), &json!({"name": "deploy"}));
    assert_eq!((changed.status, changed.json()["name"].as_str()), (200, Some("deploy")));
    assert_eq!(api.token(&created["client_id"], &created["client_secret"]).status, 200, "the secret stays");

    let deleted = api.call("DELETE", &format!("/service_accounts/{id}"), &Value::Null);
    assert_eq!((deleted.status, deleted.json()["client_id"].as_str()), (200, Some(id)));
    assert_eq!(api.models("Authorization", &bearer), 401, "its tokens go with it");
    assert_eq!(api.token(&created["client_id"], &created["client_secret"]).status, 400);
    assert_eq!(api.call("GET", "/service_accounts", &Value::Null).json(), json!([]));
    assert_eq!(api.call("DELETE", &format!("/service_accounts/{id}"), &Value::Null).status, 404);
}

#[test]
fn a_key_lives_from_its_creation_to_its_deletion() {
    let api = Api::start();
    let (id, _) = api.emulator.client_credentials("acme");
    let keys = format!("/service_accounts/{id}/api_keys");
    let created = api.call("POST", &keys, &json!({"name": "laptop", "expires_in": "30d"}));
    assert_eq!(created.status, 200);
    let created = created.json();
    let known =
        ["createdAt", "createdBy", "expires_in", "id", "name", "sub", "sub_type", "updatedAt", "updatedBy"];
    assert_eq!(
        members(&created).iter().filter(|name| **name != "apiKey").copied().collect::<Vec<_>>(),
        known
    );
    assert_eq!((&created["sub"], &created["sub_type"]), (&json!(id), &json!("service_account")));
    assert!(created["id"].as_str().unwrap().starts_with("ak_EMULATOR"));
    let key = created["apiKey"].as_str().unwrap();
    assert_eq!(api.models("X-Beamlit-Api-Key", key), 200);

    let listed = api.call("GET", &keys, &Value::Null).json();
    assert_eq!(members(&listed[0]), known);

    let path = format!("{keys}/{}", created["id"].as_str().unwrap());
    let deleted = api.call("DELETE", &path, &Value::Null);
    assert_eq!((deleted.status, deleted.body.len()), (200, 0));
    assert_eq!(api.models("X-Beamlit-Api-Key", key), 401);
    assert_eq!(api.call("DELETE", &path, &Value::Null).status, 404);
}

#[test]
fn a_key_ends_when_its_time_is_over_or_its_account_goes() {
    let api = Api::start();
    let (id, _) = api.emulator.client_credentials("acme");
    let create = |body: Value| {
        let answer = api.call("POST", &format!("/service_accounts/{id}/api_keys"), &body).json();
        answer["apiKey"].as_str().unwrap().to_owned()
    };
    let (day, endless) =
        (create(json!({"name": "day", "expires_in": "24h"})), create(json!({"name": "endless"})));
    api.emulator.advance(24 * 3600 + 1);
    assert_eq!((api.models("Api-Key", &day), api.models("Api-Key", &endless)), (401, 200));
    assert_eq!(api.call("DELETE", &format!("/service_accounts/{id}"), &Value::Null).status, 200);
    assert_eq!(api.models("Api-Key", &endless), 401);
}

#[test]
fn bad_requests_say_what_is_wrong() {
    let api = Api::start();
    let (id, _) = api.emulator.client_credentials("acme");
    let keys = format!("/service_accounts/{id}/api_keys");
    for body in [json!({}), json!({"name": ""}), json!([1])] {
        let answer = api.call("POST", "/service_accounts", &body);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("Bad Request")), "{body}");
    }
    for expires_in in ["", "0d", "d", "-1d", "+1d", "30", "30m", "1é", "11y", "600w", "99999999999d"] {
        let answer = api.call("POST", &keys, &json!({"name": "x", "expires_in": expires_in}));
        assert_eq!(answer.status, 400, "{expires_in}");
        assert!(answer.json()["message"].as_str().unwrap().contains("expires_in"));
    }
    assert_eq!(api.call("GET", "/service_accounts/nobody/api_keys", &Value::Null).status, 404);
    assert_eq!(api.call("PUT", "/service_accounts/nobody", &json!({"name": "x"})).status, 404);
}

#[test]
fn accounts_of_another_workspace_are_out_of_sight() {
    let api = Api::start();
    let (id, _) = api.emulator.client_credentials("globex");
    assert_eq!(api.call("GET", "/service_accounts", &Value::Null).json(), json!([]));
    assert_eq!(api.call("DELETE", &format!("/service_accounts/{id}"), &Value::Null).status, 404);
    assert_eq!(api.call("GET", &format!("/service_accounts/{id}/api_keys"), &Value::Null).status, 404);
}
