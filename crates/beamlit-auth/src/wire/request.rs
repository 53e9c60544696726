//! Requests to the token endpoint: form or JSON body, and client authentication (RFC 6749 §2.3.1, §3.2, App. B).

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::http::Body;
use crate::platform::Dialect;
use crate::secret::Secret;

/// How a client proves itself at the token endpoint, by the names of the IANA registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    /// `client_secret_basic`: in the header.
    Basic,
    /// `client_secret_post`: in the body.
    Post,
}

/// The parameters of one request, in the order they were put in.
pub(crate) struct Form {
    dialect: Dialect,
    parameters: Vec<(&'static str, Secret)>,
    authorization: Option<Secret>,
}

impl Form {
    /// A form for one grant.
    pub(crate) fn new(dialect: Dialect, grant_type: &str) -> Self {
        let mut form = Self::without_grant(dialect);
        form.put("grant_type", grant_type);
        form
    }

    /// A form for an endpoint that grants nothing.
    pub(crate) fn without_grant(dialect: Dialect) -> Self {
        Self { dialect, parameters: Vec::with_capacity(4), authorization: None }
    }

    /// Adds a parameter. One without a value is left out, because servers treat it as absent (RFC 6749 §3.2).
    pub(crate) fn put(&mut self, name: &'static str, value: &str) {
        if !value.is_empty() {
            self.parameters.push((name, Secret::new(value)));
        }
    }

    /// Adds the client's identifier and secret, in one place and never in two (RFC 6749 §2.3).
    pub(crate) fn authenticate(
        &mut self,
        how: ClientAuthentication,
        client_id: &str,
        client_secret: &Secret,
    ) {
        match how {
            ClientAuthentication::Basic => {
                let pair = match self.dialect {
                    Dialect::Rfc => {
                        Secret::new(format!("{}:{}", encoded(client_id), encoded(client_secret.reveal())))
                    }
                    Dialect::Platform => Secret::new(format!("{client_id}:{}", client_secret.reveal())),
                };
                self.authorization = Some(Secret::new(format!("Basic {}", STANDARD.encode(pair.reveal()))));
            }
            ClientAuthentication::Post => {
                self.put("client_id", client_id);
                self.put("client_secret", client_secret.reveal());
            }
        }
    }

    /// The `Authorization` header, if the client authenticates there, and the body.
    pub(crate) fn finish(self) -> (Option<Secret>, Body) {
        let body = match self.dialect {
            Dialect::Rfc => {
                Body { content_type: "application/x-www-form-urlencoded", text: self.form_urlencoded() }
            }
            Dialect::Platform => Body { content_type: "application/json", text: self.json() },
        };
        (self.authorization, body)
    }

    fn form_urlencoded(&self) -> Secret {
        let mut text = String::new();
        for (name, value) in &self.parameters {
            let separator = if text.is_empty() { "" } else { "&" };
            let _ = write!(text, "{separator}{name}={}", encoded(value.reveal()));
        }
        Secret::new(text)
    }

    fn json(&self) -> Secret {
        let mut text = String::from("{");
        for (name, value) in &self.parameters {
            let separator = if text.len() > 1 { "," } else { "" };
            let _ = write!(text, "{separator}\"{name}\":{}", serde_json::Value::from(value.reveal()));
        }
        text.push('}');
        Secret::new(text)
    }
}

/// `application/x-www-form-urlencoded` of RFC 6749 App. B: UTF-8 first, a blank becomes `+`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ClientAuthentication, Form, encoded};
    use crate::platform::Dialect;
    use crate::secret::Secret;

    fn basic(dialect: Dialect, id: &str, secret: &str) -> String {
        let mut form = Form::new(dialect, "client_credentials");
        form.authenticate(ClientAuthentication::Basic, id, &Secret::new(secret));
        form.finish().0.unwrap().reveal().to_owned()
    }

    #[test]
    fn rfc6749_app_b_vector() {
        assert_eq!(encoded(" %&+\u{a3}\u{20ac}"), "+%25%26%2B%C2%A3%E2%82%AC");
    }

    #[test]
    fn rfc6749_2_3_1_basic_examples() {
        assert_eq!(
            basic(Dialect::Rfc, "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"),
            "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"
        );
        assert_eq!(basic(Dialect::Rfc, "s6BhdRkqt3", "gX1fBat3bV"), "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
    }

    #[test]
    fn rfc6749_2_3_1_parts_are_encoded_before_basic_but_not_for_the_platform() {
        assert_eq!(basic(Dialect::Rfc, "a:b", "p@ss %"), "Basic YSUzQWI6cCU0MHNzKyUyNQ==");
        assert_eq!(basic(Dialect::Platform, "id", "p@ss %"), "Basic aWQ6cEBzcyAl");
    }

    #[test]
    fn a_client_authenticates_in_one_place_only() {
        let mut form = Form::new(Dialect::Platform, "client_credentials");
        form.authenticate(ClientAuthentication::Post, "id", &Secret::new("s\"x"));
        let (authorization, body) = form.finish();
        assert!(authorization.is_none());
        assert_eq!(
            body.text.reveal(),
            r#"{"grant_type":"client_credentials","client_id":"id","client_secret":"s\"x"}"#
        );
    }

    #[test]
    fn rfc6749_3_2_parameters_without_a_value_are_left_out() {
        let mut form = Form::new(Dialect::Rfc, "client_credentials");
        form.put("scope", "");
        form.put("audience", "https://api.example.com/?a=b c");
        assert_eq!(
            form.finish().1.text.reveal(),
            "grant_type=client_credentials&audience=https%3A%2F%2Fapi.example.com%2F%3Fa%3Db+c"
        );
    }
}
