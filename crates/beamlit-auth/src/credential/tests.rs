use super::{ApiKey, ClientCredentials, Credential};
use crate::error::ErrorKind;

#[test]
fn a_pair_is_read_plain_and_in_every_base64() {
    for text in ["id:s?>:ecret", "aWQ6cz8+OmVjcmV0", "aWQ6cz8-OmVjcmV0"] {
        let client = ClientCredentials::decode(text).unwrap();
        assert_eq!((client.client_id.as_str(), client.client_secret.reveal()), ("id", "s?>:ecret"));
    }
}

#[test]
fn what_is_no_pair_is_refused_without_being_repeated() {
    for text in ["", "CANARY", ":CANARY", "Q0FOQVJZ"] {
        let error = ClientCredentials::decode(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(!error.message().contains("CANARY"));
    }
}

type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn fields_are_named_in_errors_and_values_are_not() {
    let cases: &[Case<'_>] = &[
        ("api_key", &[], "api_key is missing"),
        ("api_key", &[("api_key", "CANARY\n")], "api_key"),
        ("api_key", &[("api_key", "k"), ("scope", "CANARY")], "no field scope"),
        ("client_credentials", &[("CANARY", "client_secret")], "no field of that name"),
        ("client_credentials", &[("client_secret", "CANARY")], "client_id"),
        ("client_credentials", &[("client_id", "id"), ("client_secret", "CANARY\u{e9}")], "client_secret"),
        (
            "client_credentials",
            &[("client_id", "id"), ("client_secret", "s"), ("token_endpoint_auth_method", "CANARY")],
            "token_endpoint_auth_method",
        ),
        (
            "client_credentials",
            &[("client_id", "id"), ("client_secret", "s"), ("resource", "https://x/#CANARY")],
            "resource",
        ),
        ("password", &[], "api_key, client_credentials"),
    ];
    for (kind, fields, expected) in cases {
        let error = Credential::from_fields(kind, fields).unwrap_err();
        assert!(error.message().contains(expected), "{error}");
        assert!(!error.message().contains("CANARY"), "{error}");
    }
}

#[test]
fn debug_shows_kind_and_client_only() {
    let key: Credential = ApiKey::new("CANARY").into();
    let client: Credential = ClientCredentials::new("id", "CANARY").into();
    assert_eq!(format!("{key:?} {client:?}"), "ApiKey(…) ClientCredentials(\"id\", …)");
}
