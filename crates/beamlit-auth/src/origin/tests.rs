use super::{Origin, Url, origin_of_request, without_query};

fn origin(url: &str) -> Origin {
    origin_of_request(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

#[test]
fn rfc6454_4_case_and_default_port_do_not_make_another_origin() {
    let plain = origin("https://api.beamlit.com/v0/models");
    for same in [
        "https://API.Beamlit.com",
        "https://api.beamlit.com:443/x",
        "wss://api.beamlit.com/ws",
        "HTTPS://api.beamlit.com?x",
    ] {
        assert_eq!(origin(same), plain, "{same}");
    }
    for other in [
        "https://api.beamlit.com:8443",
        "https://api.beamlit.com.evil.test",
        "https://evil.test/?api.beamlit.com",
        "https://xapi.beamlit.com",
        "https://beamlit.com",
    ] {
        assert_ne!(origin(other), plain, "{other}");
    }
}

#[test]
fn urls_that_parsers_read_differently_are_refused() {
    for bad in [
        "https://user@api.beamlit.com/",
        "https://api.beamlit.com@evil.test/",
        "https://api.beamlit.com\\@evil.test/",
        "https://api.beamlit.com./",
        "https://api.beamlit.com\t/",
        " https://api.beamlit.com/",
        "https://api.be\u{430}mlit.com/",
        "https://api%2ebeamlit.com/",
        "https://api.beamlit.com#@evil.test",
        "//api.beamlit.com/",
        "api.beamlit.com",
        "/v0/models",
        "",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https://:443/",
        "https://api.beamlit.com:0/",
        "https://api.beamlit.com:99999/",
        "https://api.beamlit.com:+443/",
        "https://[::1",
        "https://[::1%25lo]/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://a..b/",
        "https://api.beamlit.com/\r\nX: y",
        "https://api.beamlit.com/\0",
    ] {
        assert!(origin_of_request(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn plain_http_is_for_loopback_only() {
    for good in [
        "http://127.0.0.1:8080/v0",
        "http://localhost:1",
        "http://[::1]:80/",
        "http://127.9.9.9",
        "ws://127.0.0.1/",
    ] {
        assert!(origin(good).is_loopback(), "{good}");
    }
    for bad in [
        "http://api.beamlit.com",
        "http://localhost.evil.test",
        "http://127.0.0.1.nip.io",
        "http://[::ffff:10.0.0.1]",
        "http://10.0.0.1",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
    ] {
        assert!(origin_of_request(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_setting_that_names_an_origin_has_no_path() {
    assert_eq!(
        Origin::parse("https://api.example.com", "allow_origin").unwrap().to_string(),
        "https://api.example.com"
    );
    assert_eq!(
        Origin::parse("https://api.example.com:8443/", "allow_origin").unwrap().to_string(),
        "https://api.example.com:8443"
    );
    let error = Origin::parse("https://api.example.com/v1?key=CANARY", "allow_origin").unwrap_err();
    assert!(error.message().contains("allow_origin") && !error.message().contains("CANARY"), "{error}");
}

#[test]
fn an_endpoint_is_same_site_only_below_or_beside_its_issuer() {
    let url = |text: &str| Url::parse(text, "test").unwrap().origin().clone();
    let issuer = url("https://login.example.com/v0");
    for same in [
        "https://login.example.com",
        "https://eu.login.example.com",
        "https://token.example.com",
        "https://login.example.com:8443",
    ] {
        assert!(url(same).is_same_site(&issuer), "{same}");
    }
    for other in [
        "https://example.org",
        "https://evilexample.com",
        "https://169.254.169.254",
        "https://10.0.0.1",
        "http://127.0.0.1",
        "https://localhost",
    ] {
        assert!(!url(other).is_same_site(&issuer), "{other}");
    }
    assert!(!url("https://evil.com").is_same_site(&url("https://example.com")));
    assert!(!url("http://127.0.0.1:2").is_same_site(&url("http://127.0.0.1:1")));
    assert!(url("http://127.0.0.1:1/token").is_same_site(&url("http://127.0.0.1:1")));
}

#[test]
fn a_shown_url_has_no_query_and_no_password() {
    assert_eq!(without_query("https://u:CANARY@h.test/p?q=CANARY#f"), "https://…@h.test/p");
    assert_eq!(without_query("https://h.test/p"), "https://h.test/p");
}

#[test]
fn a_path_is_joined_with_one_slash() {
    let base = Url::parse("http://127.0.0.1:9/v0//", "api_url").unwrap();
    assert_eq!(base.join("/oauth/token").unwrap().as_str(), "http://127.0.0.1:9/v0/oauth/token");
    assert_eq!(base.path_and_query(), "/v0//");
}

#[test]
fn what_is_no_url_may_be_a_key_and_is_not_repeated() {
    for secret in ["BL_CANARY0123456789", "CANARY:secret", "id@CANARY"] {
        let told = [
            Url::parse(secret, "api_url").err().unwrap(),
            Origin::parse(secret, "allow_origin").err().unwrap(),
            origin_of_request(secret).err().unwrap(),
        ];
        assert!(told.iter().all(|error| !error.message().contains("CANARY")), "{told:?}");
    }
}
