use beamlit_emulator::Emulator;
use serde_json::{Value, json};

use crate::{get, post_json};

fn access_token(emulator: &Emulator, workspace: &str) -> String {
    let (id, secret) = emulator.client_credentials(workspace);
    let body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
    let answer = post_json(&emulator.token_endpoint(), &[], &body).json();
    answer["access_token"].as_str().unwrap().to_owned()
}

fn names(listing: &Value) -> Vec<&str> {
    listing.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[test]
fn every_header_of_the_platform_opens_every_path() {
    let emulator = Emulator::start().unwrap();
    let (key, token) = (emulator.api_key("acme"), access_token(&emulator, "acme"));
    let (bearer_key, bearer_token) = (format!("Bearer {key}"), format!("bearer {token}"));
    let headers = [
        ("Authorization", &bearer_token),
        ("X-Beamlit-Authorization", &bearer_token),
        ("X-Blaxel-Authorization", &bearer_token),
        ("Authorization", &bearer_key),
        ("X-Beamlit-Authorization", &bearer_key),
        ("X-Blaxel-Authorization", &bearer_key),
        ("Api-Key", &key),
        ("X-Beamlit-Api-Key", &key),
        ("X-Blaxel-Api-Key", &key),
    ];
    for path in ["/models", "/workspaces", "/workspaces/acme", "/service_accounts"] {
        for (name, value) in headers {
            let url = format!("{}{path}", emulator.api_url());
            assert_eq!(get(&url, &[(name, value)]).status, 200, "{path} {name}");
        }
    }
}

#[test]
fn no_or_a_bad_credential_is_401_in_the_words_of_the_platform() {
    let emulator = Emulator::start().unwrap();
    let token = access_token(&emulator, "acme");
    for path in ["/models", "/workspaces", "/workspaces/acme", "/service_accounts"] {
        let url = format!("{}{path}", emulator.api_url());
        for headers in [
            &[][..],
            &[("Authorization", "")],
            &[("Authorization", "Bearer ")],
            &[("Authorization", "Bearer BL_CANARY")],
            &[("Authorization", token.as_str())],
            &[("X-Beamlit-Api-Key", "BL_CANARY")],
            // An access token is no API key.
            &[("X-Beamlit-Api-Key", token.as_str())],
        ] {
            let answer = get(&url, headers);
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.json(), json!({"code": 401, "error": "Unauthorized"}));
            assert!(answer.header("www-authenticate").is_none());
        }
    }
}

#[test]
fn two_credentials_at_once_are_served_if_either_is_good() {
    let emulator = Emulator::start().unwrap();
    let (key, token) = (emulator.api_key("acme"), access_token(&emulator, "acme"));
    let url = format!("{}/models", emulator.api_url());
    let (bearer_key, bearer_token) = (format!("Bearer {key}"), format!("Bearer {token}"));
    for headers in [
        [("Authorization", bearer_key.as_str()), ("X-Blaxel-Authorization", bearer_token.as_str())],
        [("Authorization", "Bearer "), ("X-Blaxel-Authorization", &bearer_token)],
        [("Authorization", "Bearer BL_CANARY"), ("Api-Key", &key)],
    ] {
        assert_eq!(get(&url, &headers).status, 200);
    }
}

#[test]
fn the_user_enters_any_workspace_by_either_header_or_the_query() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.api_key("acme");
    let url = format!("{}/models", emulator.api_url());
    let of = |url: &str, header: (&str, &str)| {
        let answer = get(url, &[("Api-Key", &key), header]);
        answer.json()[0]["metadata"]["workspace"].as_str().unwrap().to_owned()
    };
    assert_eq!(of(&url, ("X-Beamlit-Workspace", "globex")), "globex");
    assert_eq!(of(&url, ("X-Blaxel-Workspace", "globex")), "globex");
    assert_eq!(of(&format!("{url}?workspace=globex"), ("Accept", "*/*")), "globex");
    assert_eq!(of(&url, ("X-Beamlit-Workspace", "")), "acme", "an empty one is none");
    let other = format!("{}/workspaces/globex", emulator.api_url());
    let answer = get(&other, &[("Api-Key", &key), ("X-Beamlit-Workspace", "acme")]);
    assert_eq!((answer.status, answer.json()["name"].as_str()), (200, Some("globex")));
}

#[test]
fn a_service_account_stays_in_its_workspace() {
    let emulator = Emulator::builder().workspaces(["acme", "globex"]).start().unwrap();
    let bearer = format!("Bearer {}", access_token(&emulator, "acme"));
    let at = |path: &str, workspace: &str| {
        let headers = [("Authorization", bearer.as_str()), ("X-Beamlit-Workspace", workspace)];
        get(&format!("{}{path}", emulator.api_url()), &headers)
    };
    assert_eq!(names(&at("/workspaces", "globex").json()), ["acme"]);
    assert_eq!(at("/models", "globex").json()[0]["metadata"]["workspace"], "acme");
    assert_eq!(at("/workspaces/acme", "globex").status, 200);
    assert_eq!(at("/workspaces/globex", "globex").json(), json!({"code": 403, "error": "Forbidden"}));
}

#[test]
fn workspaces_are_a_bare_array_in_every_version() {
    let emulator = Emulator::builder().workspaces(["acme", "globex"]).start().unwrap();
    let key = emulator.api_key("initech");
    let url = format!("{}/workspaces", emulator.api_url());
    for headers in [&[("Api-Key", key.as_str())][..], &[("Api-Key", &key), ("Blaxel-Version", "2026-09-22")]]
    {
        let answer = get(&url, headers).json();
        assert_eq!(names(&answer), ["acme", "globex", "initech"]);
        assert_eq!(answer[0]["status"], "ready");
    }
}

#[test]
fn models_are_a_bare_array_without_a_version_and_pages_with_one() {
    let emulator = Emulator::start().unwrap();
    let key = emulator.api_key("acme");
    let at = |query: &str, version: &str| {
        let mut headers = vec![("Api-Key", key.as_str())];
        if !version.is_empty() {
            headers.push(("Blaxel-Version", version));
        }
        get(&format!("{}/models{query}", emulator.api_url()), &headers)
    };
    let bare = at("", "").json();
    assert_eq!(bare.as_array().unwrap().len(), 2);
    for model in bare.as_array().unwrap() {
        assert!(model["status"].is_string() && model["metadata"]["name"].is_string(), "{model}");
        assert_eq!(
            model["spec"]["runtime"]["type"], "hf_public_endpoint",
            "a type the platform's clients know"
        );
    }
    assert_eq!(at("?limit=1", "").json().as_array().unwrap().len(), 1);
    assert!(at("", "2026-04-16").json().is_array());
    let whole = at("?limit=50", "2026-04-28").json();
    assert_eq!(whole["data"], bare);
    assert_eq!(whole["meta"], json!({"hasMore": false, "nextCursor": "", "total": 2}));
    let first = at("?limit=1", "2026-09-22").json();
    assert_eq!(first["meta"], json!({"hasMore": true, "nextCursor": "1", "total": 2}));
    let second = at("?limit=1&cursor=1", "2026-09-22").json();
    assert_eq!((&second["data"][0], &second["meta"]["hasMore"]), (&bare[1], &json!(false)));
    let unknown = at("", "latest");
    assert_eq!((unknown.status, unknown.json()["message"].as_str()), (400, Some("invalid_api_version")));
}

#[test]
fn unknown_paths_and_methods_are_answered_in_json() {
    let emulator = Emulator::start().unwrap();
    let answer = get(&format!("{}/nothing", emulator.api_url()), &[]);
    assert_eq!(answer.json(), json!({"code": 404, "error": "Not Found"}));
    let answer = post_json(&format!("{}/models", emulator.api_url()), &[], &json!({}));
    assert_eq!(answer.json(), json!({"code": 405, "error": "Method Not Allowed"}));
    assert_eq!(get(&emulator.console_url(), &[]).status, 200);
}
