//! Metadata of an authorization server, RFC 8414 and `OpenID` Connect Discovery: read from JSON and checked.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::origin::{Origin, Url};
use crate::printable::printable;

/// What this library uses of a server's metadata. Anything else in the document is ignored, `signed_metadata` too.
pub(crate) struct Metadata {
    issuer: Url,
    token_endpoint: Option<Url>,
    device_authorization_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    auth_methods: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
}

impl Metadata {
    /// Reads the document that was found for `issuer`. `allowed` are origins that may hold an endpoint although they
    /// are not of the issuer's site.
    ///
    /// # Errors
    /// `VerificationFailed` if the document names another issuer (RFC 8414 §3.3) or an endpoint on a foreign site;
    /// `InvalidResponse` if a member has the wrong type or an endpoint is no https URL.
    pub(crate) fn read(members: &Map<String, Value>, issuer: &Url, allowed: &[Origin]) -> Result<Self> {
        // RFC 8414 §4: compared by code point. No normalisation, no slash forgiven.
        if members.get("issuer").and_then(Value::as_str) != Some(issuer.as_str()) {
            let named = members.get("issuer").and_then(Value::as_str).unwrap_or("no issuer");
            let message = format!(
                "the metadata of {} names another issuer ({}); set platform to exactly what the server calls itself",
                issuer.as_str(),
                printable(named, 200)
            );
            return Err(Error::new(ErrorKind::VerificationFailed, message));
        }
        Ok(Self {
            token_endpoint: endpoint(members, "token_endpoint", issuer, allowed)?,
            device_authorization_endpoint: endpoint(
                members,
                "device_authorization_endpoint",
                issuer,
                allowed,
            )?,
            revocation_endpoint: endpoint(members, "revocation_endpoint", issuer, allowed)?,
            auth_methods: words(members, "token_endpoint_auth_methods_supported", issuer)?,
            grant_types: words(members, "grant_types_supported", issuer)?,
            scopes: words(members, "scopes_supported", issuer)?,
            issuer: issuer.clone(),
        })
    }

    /// The token endpoint.
    ///
    /// # Errors
    /// `Unsupported` if the server has none.
    pub(crate) fn token_endpoint(&self) -> Result<&Url> {
        self.token_endpoint.as_ref().ok_or_else(|| self.lacks("token_endpoint"))
    }

    /// The device authorization endpoint (RFC 8628 §4).
    ///
    /// # Errors
    /// `Unsupported` if the server has none.
    pub(crate) fn device_authorization_endpoint(&self) -> Result<&Url> {
        let endpoint = self.device_authorization_endpoint.as_ref();
        endpoint.ok_or_else(|| self.lacks("device_authorization_endpoint"))
    }

    /// The revocation endpoint (RFC 7009 §2), if the server has one.
    pub(crate) fn revocation_endpoint(&self) -> Option<&Url> {
        self.revocation_endpoint.as_ref()
    }

    /// Whether the server says that it has `grant_type`. A server that lists none has `authorization_code` and
    /// `implicit` by RFC 8414 §2, but in the field silence means nothing, so it is asked.
    ///
    /// # Errors
    /// `Unsupported` if there is a list and the grant is not in it.
    pub(crate) fn check_grant(&self, grant_type: &str) -> Result<()> {
        match &self.grant_types {
            Some(listed) if !listed.iter().any(|known| known == grant_type) => Err(self.lacks(grant_type)),
            _ => Ok(()),
        }
    }

    /// The first of `known` that the server takes at its token endpoint; a server that lists none takes
    /// `client_secret_basic` (RFC 8414 §2).
    ///
    /// # Errors
    /// `Unsupported` if the server takes none of them.
    pub(crate) fn auth_method<'a>(&self, known: &[&'a str]) -> Result<&'a str> {
        let default = [String::from("client_secret_basic")];
        let listed = self.auth_methods.as_deref().unwrap_or(&default);
        let found = known.iter().find(|method| listed.iter().any(|listed| listed == *method)).copied();
        found.ok_or_else(|| self.lacks(&known.join(" or ")))
    }

    /// Whether `scope` may be asked for without anybody's wish: unless the server lists its scopes, and not this one. It
    /// need not list all (RFC 8414 §2), but those that leave this one out refuse it, or mean nothing by it.
    pub(crate) fn may_have_scope(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_none_or(|listed| listed.iter().any(|known| known == scope))
    }

    fn lacks(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!("the metadata of {} lists no {what}", self.issuer.as_str()),
        )
    }
}

fn endpoint(
    members: &Map<String, Value>,
    name: &str,
    issuer: &Url,
    allowed: &[Origin],
) -> Result<Option<Url>> {
    let text = match members.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(malformed(issuer, &format!("{name} is no string"))),
    };
    let url = Url::parse(text, name).map_err(|error| malformed(issuer, error.message()))?;
    if url.origin().is_same_site(issuer.origin()) || allowed.contains(url.origin()) {
        return Ok(Some(url));
    }
    let message = format!(
        "the metadata of {} puts {name} on another site ({}); allow that origin if you trust it (allow_origin; origins in Python)",
        issuer.as_str(),
        url.origin()
    );
    Err(Error::new(ErrorKind::VerificationFailed, message))
}

fn words(members: &Map<String, Value>, name: &str, issuer: &Url) -> Result<Option<Vec<String>>> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => {
            Ok(Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
        }
        Some(_) => Err(malformed(issuer, &format!("{name} is no list"))),
    }
}

fn malformed(issuer: &Url, what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidResponse,
        format!("the metadata of {} cannot be used: {what}", issuer.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use super::Metadata;
    use crate::error::ErrorKind;
    use crate::origin::{Origin, Url};
    use serde_json::json;

    fn read(document: &serde_json::Value, allowed: &[Origin]) -> Result<Metadata, crate::Error> {
        let issuer = Url::parse("https://login.example.com/v0", "platform").unwrap();
        Metadata::read(document.as_object().unwrap(), &issuer, allowed)
    }

    #[test]
    fn rfc8414_3_3_another_issuer_is_refused() {
        for issuer in [
            "https://login.example.com",
            "https://login.example.com/v0/",
            "https://LOGIN.example.com/v0",
            "https://login.example.com:443/v0",
            "",
        ] {
            assert_eq!(
                read(&json!({"issuer": issuer}), &[]).err().unwrap().kind(),
                ErrorKind::VerificationFailed,
                "{issuer}"
            );
        }
        assert!(read(&json!({}), &[]).is_err());
        assert!(read(&json!({"issuer": 7}), &[]).is_err());
    }

    #[test]
    fn endpoints_are_https_and_of_the_issuers_site() {
        let with =
            |endpoint: &str| json!({"issuer": "https://login.example.com/v0", "token_endpoint": endpoint});
        for good in ["https://login.example.com/token", "https://api.example.com/token?tenant=1"] {
            assert_eq!(read(&with(good), &[]).unwrap().token_endpoint().unwrap().as_str(), good);
        }
        for bad in ["http://login.example.com/token", "/token", "", "javascript:x", "file:///x"] {
            assert_eq!(read(&with(bad), &[]).err().unwrap().kind(), ErrorKind::InvalidResponse, "{bad}");
        }
        for foreign in [
            "https://169.254.169.254/token",
            "https://10.0.0.1/",
            "https://[::1]/",
            "http://127.0.0.1:1/",
            "https://other.test/",
        ] {
            assert_eq!(
                read(&with(foreign), &[]).err().unwrap().kind(),
                ErrorKind::VerificationFailed,
                "{foreign}"
            );
        }
        let allowed = [Origin::parse("https://other.test", "allow_origin").unwrap()];
        assert!(read(&with("https://other.test/token"), &allowed).is_ok());
    }

    #[test]
    fn rfc8414_2_methods_and_grants_are_chosen_from_what_is_listed() {
        let document = |methods: serde_json::Value| json!({"issuer": "https://login.example.com/v0", "token_endpoint_auth_methods_supported": methods, "grant_types_supported": ["client_credentials"]});
        let known = ["client_secret_basic", "client_secret_post"];
        assert_eq!(
            read(&document(json!(["client_secret_post"])), &[]).unwrap().auth_method(&known).unwrap(),
            "client_secret_post"
        );
        assert_eq!(
            read(&document(json!(null)), &[]).unwrap().auth_method(&known).unwrap(),
            "client_secret_basic"
        );
        let other = read(&document(json!(["private_key_jwt"])), &[]).unwrap();
        assert_eq!(other.auth_method(&known).err().unwrap().kind(), ErrorKind::Unsupported);
        assert!(other.check_grant("client_credentials").is_ok());
        assert_eq!(other.check_grant("refresh_token").unwrap_err().kind(), ErrorKind::Unsupported);
        let missing = other.token_endpoint().err().unwrap();
        assert_eq!(missing.kind(), ErrorKind::Unsupported);
        assert_eq!(missing.message(), "the metadata of https://login.example.com/v0 lists no token_endpoint");
    }

    #[test]
    fn a_scope_may_be_there_unless_others_are_listed() {
        let may = |scopes: serde_json::Value| {
            let document = json!({"issuer": "https://login.example.com/v0", "scopes_supported": scopes});
            read(&document, &[]).unwrap().may_have_scope("offline_access")
        };
        assert!(may(json!(null)) && may(json!(["openid", "offline_access"])));
        assert!(!may(json!(["openid", "email"])) && !may(json!([])));
    }
}
