//! The parameters of a request to the token endpoint.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::settings::Dialect;

/// Names and values of a request body; a parameter without a value counts as left out (RFC 6749 §3.2).
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a form body, and in the platform's dialect a JSON object as well.
    ///
    /// The error is the text of an `error_description`.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8], dialect: Dialect) -> Result<Self, String> {
        let content_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match (dialect, media_type.as_str()) {
            (_, "application/x-www-form-urlencoded") => Self::form(body, dialect),
            (Dialect::Platform, "application/json") => Self::json(body),
            (Dialect::Platform, _) => Err("content-type must be JSON or form-urlencoded".to_owned()),
            (Dialect::Strict, _) => Err("content-type must be application/x-www-form-urlencoded".to_owned()),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn form(body: &[u8], dialect: Dialect) -> Result<Self, String> {
        let mut params = Vec::<(String, String)>::new();
        for (name, value) in form_urlencoded::parse(body).into_owned() {
            // RFC 6749 §3.2: parameters must not be included more than once.
            if dialect == Dialect::Strict && params.iter().any(|(known, _)| *known == name) {
                return Err("a parameter is given more than once".to_owned());
            }
            params.push((name, value));
        }
        Ok(Self::with_values(params))
    }

    fn json(body: &[u8]) -> Result<Self, String> {
        let members: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| "the body is no JSON object".to_owned())?;
        let mut params = Vec::new();
        for (name, value) in members {
            match value {
                Value::String(text) => params.push((name, text)),
                Value::Null => {}
                _ => return Err("the members of the body must be strings".to_owned()),
            }
        }
        Ok(Self::with_values(params))
    }

    fn with_values(params: Vec<(String, String)>) -> Self {
        Self(params.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }
}
