use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beamlit_emulator::Emulator;
use serde_json::json;

use crate::{Answer, form, get, models, post_form, post_json};

fn html(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).unwrap().0
}

fn form_token(page: &str) -> &str {
    between(page, "name=\"form_token\" value=\"", "\"")
}

fn start(emulator: &Emulator, members: &serde_json::Value) -> (String, String) {
    let answer = post_json(&format!("{}/login/device", emulator.api_url()), &[], members).json();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("user_code"), text("device_code"))
}

fn poll(emulator: &Emulator, device_code: &str) -> Answer {
    let grant_type = "urn:ietf:params:oauth:grant-type:device_code";
    let body = json!({"grant_type": grant_type, "device_code": device_code, "client_id": "beamlit"});
    post_json(&emulator.token_endpoint(), &[], &body)
}

struct Console {
    emulator: Emulator,
}

impl Console {
    fn start() -> Self {
        Self { emulator: Emulator::start().unwrap() }
    }

    fn get(&self, path: &str) -> Answer {
        get(&format!("{}{path}", self.emulator.console_url()), &[])
    }

    fn post(&self, path: &str, members: &[(&str, &str)]) -> Answer {
        post_form(&format!("{}{path}", self.emulator.console_url()), &[], &form(members))
    }

    /// The page that approves this code.
    fn decision(&self, code: &str) -> String {
        html(&self.get(&format!("/device?code={code}")))
    }
}

#[test]
fn every_page_loads_nothing_and_stays_in_no_cache_nor_frame() {
    let console = Console::start();
    let (code, _) = start(&console.emulator, &json!({"client_id": "beamlit"}));
    for path in [
        "/",
        "/device",
        &format!("/device?code={code}"),
        "/device?code=unknown",
        "/profile/security",
        "/workspaces/acme/service-accounts",
    ] {
        let answer = console.get(path);
        let page = html(&answer);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
        let style = between(&page, "<style>", "</style>");
        let digest = ring::digest::digest(&ring::digest::SHA256, style.as_bytes());
        assert!(policy.contains(&format!("style-src 'sha256-{}'", STANDARD.encode(digest))), "{path}");
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        for forbidden in ["<script", " style=", " onclick=", "src=", "@import", "url("] {
            assert!(!page.contains(forbidden), "{path} {forbidden}");
        }
        assert_eq!(page.matches("href=\"http").count(), 0, "{path}");
        assert!(page.contains("<html lang=\"en\">") && page.contains("<title>") && page.contains("<h1>"));
        assert!(page.contains("prefers-color-scheme: dark") && page.contains(":focus-visible"));
    }
}

#[test]
fn the_page_shows_who_asks_since_when_and_for_what() {
    let console = Console::start();
    let asked = json!({"client_id": "blaxel", "workspace": "globex", "scope": "offline_access"});
    let (code, device_code) = start(&console.emulator, &asked);
    console.emulator.advance(75);
    let page = console.decision(&code);
    for shown in [
        "blaxel",
        "globex",
        "offline_access",
        "75 seconds ago",
        "in 8 minutes",
        "Did you start this on your machine?",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(page.contains(&code) && !page.contains(&device_code));
    assert_eq!(poll(&console.emulator, &device_code).status, 202, "looking decides nothing");
}

#[test]
fn a_code_is_entered_or_comes_with_the_link() {
    let console = Console::start();
    let (code, _) = start(&console.emulator, &json!({"client_id": "beamlit"}));
    let page = html(&console.get("/device"));
    assert!(page.contains("<label for=\"code\">") && page.contains("autofocus"));
    let typed = form(&[("code", &format!(" {} ", code.to_lowercase().replace('-', "")))]);
    assert!(console.decision(&typed["code=".len()..]).contains("Did you start this"));
    let answer = console.get("/device?code=BCDF-GHJK");
    assert_eq!(answer.status, 404);
    assert!(html(&answer).contains("role=\"alert\""));
}

#[test]
fn approve_and_deny_end_on_a_page_that_says_so() {
    let console = Console::start();
    let expectations = [("approve", "Login approved", 200), ("deny", "Login denied", 400)];
    for (decision, title, status) in expectations {
        let (code, device_code) = start(&console.emulator, &json!({"client_id": "beamlit"}));
        let page = console.decision(&code);
        let members = [("code", code.as_str()), ("form_token", form_token(&page)), ("decision", decision)];
        let answer = console.post("/device", &members);
        assert_eq!((answer.status, answer.body.len()), (303, 0));
        let location = answer.header("location").unwrap();
        assert_eq!(location, format!("/device?code={code}"));
        assert!(html(&console.get(location)).contains(title));
        assert_eq!(poll(&console.emulator, &device_code).status, status);
        let other = if decision == "approve" { "deny" } else { "approve" };
        let again = [members[0], members[1], ("decision", other)];
        assert_eq!(console.post("/device", &again).status, 303);
        assert!(html(&console.get(location)).contains(title), "what was decided stays");
    }
}

#[test]
fn a_form_of_somebody_elses_page_decides_nothing() {
    let console = Console::start();
    let (code, device_code) = start(&console.emulator, &json!({"client_id": "beamlit"}));
    let (other, _) = start(&console.emulator, &json!({"client_id": "beamlit"}));
    let page = console.decision(&other);
    let code = ("code", code.as_str());
    let approve = ("decision", "approve");
    for members in [
        &[code, approve][..],
        &[code, ("form_token", ""), approve],
        &[code, ("form_token", "CANARY"), approve],
        // The token of another code's page.
        &[code, ("form_token", form_token(&page)), approve],
    ] {
        let answer = console.post("/device", members);
        assert_eq!(answer.status, 403);
        assert!(html(&answer).contains("not from the console"));
    }
    let url = format!("{}/device", console.emulator.console_url());
    assert_eq!(post_json(&url, &[], &json!({"code": code.1, "decision": "approve"})).status, 400);
    let own = console.decision(code.1);
    assert_eq!(console.post("/device", &[code, ("form_token", form_token(&own))]).status, 400);
    assert_eq!(poll(&console.emulator, &device_code).status, 202);
}

#[test]
fn an_expired_code_is_told_and_cannot_be_approved() {
    let console = Console::start();
    let (code, device_code) = start(&console.emulator, &json!({"client_id": "beamlit"}));
    let page = console.decision(&code);
    console.emulator.advance(601);
    assert!(console.decision(&code).contains("Code expired"));
    let members = [("code", code.as_str()), ("form_token", form_token(&page)), ("decision", "approve")];
    assert_eq!(console.post("/device", &members).status, 303);
    assert!(console.decision(&code).contains("Code expired"));
    assert_eq!(poll(&console.emulator, &device_code).status, 400);
}

#[test]
fn a_workspace_that_the_old_command_line_appends_to_the_link_counts() {
    let console = Console::start();
    let (code, device_code) = start(&console.emulator, &json!({"client_id": "beamlit"}));
    let page = html(&console.get(&format!("/device?code={code}&workspace=globex")));
    assert!(page.contains("<dd>globex</dd>"));
    let token = form_token(&page);
    let members =
        [("code", code.as_str()), ("form_token", token), ("workspace", "globex"), ("decision", "approve")];
    assert_eq!(console.post("/device", &members).status, 303);
    let access_token =
        poll(&console.emulator, &device_code).json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {access_token}");
    let url = format!("{}/models", console.emulator.api_url());
    assert_eq!(get(&url, &[("authorization", &bearer)]).json()[0]["metadata"]["workspace"], "globex");
}

#[test]
fn what_a_client_says_of_itself_is_shown_as_text() {
    let console = Console::start();
    let evil = "<script>alert(1)</script>\"'&";
    let (code, _) = start(&console.emulator, &json!({"client_id": evil, "workspace": evil}));
    let pages = [
        console.decision(&code),
        html(&console.get(&format!("/device?{}", form(&[("code", evil)])))),
        html(&console.get("/workspaces/%3Cscript%3E/service-accounts")),
    ];
    for page in pages {
        assert!(!page.contains("<script") && page.contains("script"), "{page}");
    }
}

#[test]
fn an_api_key_is_made_shown_once_and_deleted() {
    let console = Console::start();
    let path = "/profile/security";
    let page = html(&console.get(path));
    assert!(page.contains("You have no API key"));
    let token = ("form_token", form_token(&page));
    let answer = console.post(path, &[token, ("name", "laptop"), ("expires_in", "30d")]);
    let created = html(&answer);
    let key = between(&created, "id=\"secret\" tabindex=\"0\">", "<").to_owned();
    assert!(key.starts_with("BL_EMULATOR"));
    let url = format!("{}/models", console.emulator.api_url());
    let status = || get(&url, &[("X-Beamlit-Api-Key", &key)]).status;
    assert_eq!(status(), 200);
    let listed = html(&console.get(path));
    assert!(listed.contains("laptop") && listed.contains("30d") && !listed.contains(&key));
    let id = between(&listed, "name=\"id\" value=\"", "\"").to_owned();
    assert_eq!(console.post("/profile/security/delete", &[("id", &id)]).status, 403);
    assert_eq!(console.post("/profile/security/delete", &[token, ("id", &id)]).status, 303);
    assert_eq!(status(), 401);
    assert_eq!(console.post(path, &[("name", "laptop")]).status, 403);
    for bad in [&[token][..], &[token, ("name", "x"), ("expires_in", "never")]] {
        let answer = console.post(path, bad);
        assert_eq!(answer.status, 400);
        assert!(html(&answer).contains("role=\"alert\""));
    }
    assert!(html(&console.get(path)).contains("You have no API key"));
}

#[test]
fn a_service_account_is_made_shown_once_and_deleted() {
    let console = Console::start();
    let path = "/workspaces/acme/service-accounts";
    assert!(html(&console.get("/")).contains(&format!("href=\"{path}\"")));
    let page = html(&console.get(path));
    let token = ("form_token", form_token(&page));
    let created = html(&console.post(path, &[token, ("name", "ci"), ("description", "builds")]));
    let id = between(&created, "id=\"client_id\" tabindex=\"0\">", "<").to_owned();
    let secret = between(&created, "id=\"secret\" tabindex=\"0\">", "<").to_owned();
    let body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
    let tokens = post_json(&console.emulator.token_endpoint(), &[], &body).json();
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(models(&console.emulator, access_token), 200);
    let listed = html(&console.get(path));
    assert!(listed.contains(&id) && !listed.contains(&secret));
    let delete = format!("{path}/delete");
    assert_eq!(console.post(&delete, &[("client_id", &id)]).status, 403);
    let elsewhere = "/workspaces/globex/service-accounts";
    assert_eq!(console.post(elsewhere, &[token, ("name", "ci")]).status, 403, "one workspace, one token");
    assert_eq!(console.post(path, &[token]).status, 400);
    assert_eq!(console.post(&delete, &[token, ("client_id", &id)]).status, 303);
    assert_eq!(models(&console.emulator, access_token), 401);
    assert!(html(&console.get(path)).contains("There is no service account"));
}
