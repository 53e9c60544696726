//! Headers: how a credential is written on a request, once per token.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::platform::Platform;
use crate::secret::Secret;

/// The headers of a request, ready to be attached: an immutable snapshot, cheap to clone, safe to share.
#[derive(Clone)]
pub struct Headers(Arc<Rendered>);

struct Rendered {
    list: Vec<(String, Secret)>,
    generation: u64,
}

impl Headers {
    /// Writes `secret` as the headers of one generation: the credential first, then the workspace. Never more than
    /// one header carries the credential (RFC 6750 §2).
    pub(crate) fn render(
        secret: &Secret,
        style: &Style,
        workspace: Option<(&str, &str)>,
        generation: u64,
    ) -> Self {
        let value = match style.carries {
            Carries::Bearer => Secret::new(format!("Bearer {}", secret.reveal())),
            Carries::Bare => secret.duplicate(),
        };
        let mut list = vec![(style.name.clone(), value)];
        list.extend(workspace.map(|(name, value)| (name.to_owned(), Secret::new(value))));
        Self(Arc::new(Rendered { list, generation }))
    }

    /// Name and value of each header, the credential first.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.list.iter())
    }

    /// How many headers there are.
    pub fn len(&self) -> usize {
        self.0.list.len()
    }

    /// Whether there are none; a session always gives at least one.
    pub fn is_empty(&self) -> bool {
        self.0.list.is_empty()
    }

    /// The number of the token in them; take it to `headers_since` and `invalidate`.
    pub fn generation(&self) -> u64 {
        self.0.generation
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
        write!(f, "Headers({}: …, generation {})", names.join(", "), self.generation())
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The headers of a [`Headers`], in order, as name and value.
pub struct Iter<'a>(std::slice::Iter<'a, (String, Secret)>);

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iter({} left)", self.0.len())
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value.reveal()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Which header carries the credential, and how.
#[derive(Clone)]
pub(crate) struct Style {
    name: String,
    carries: Carries,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Carries {
    Bearer,
    Bare,
}

impl Style {
    /// The header for a credential that is a key or gives tokens; `named` is the caller's choice (setting `header`).
    ///
    /// # Errors
    /// `InvalidConfig` if that is no header that can carry a credential, or one for keys while this credential gives
    /// tokens.
    pub(crate) fn settle(named: Option<&str>, platform: &Platform, is_key: bool) -> Result<Self> {
        let name = match named {
            Some(name) => check_name(name)?,
            None if is_key => platform.key_header(),
            None => "Authorization",
        };
        let lower = name.to_ascii_lowercase();
        let carries = if lower.ends_with("authorization") || (!is_key && !lower.ends_with("api-key")) {
            Carries::Bearer
        } else if is_key {
            Carries::Bare
        } else {
            let message = format!(
                "the header {name} carries API keys, and this credential gives tokens; use Authorization"
            );
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        };
        Ok(Self { name: name.to_owned(), carries })
    }

    /// The header's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// A header's name (RFC 9110 §5.1), except for those that mean something else to every server.
fn check_name(name: &str) -> Result<&str> {
    let valid = http::HeaderName::from_bytes(name.as_bytes()).is_ok();
    let taken = [
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "cookie",
        "proxy-authorization",
    ];
    if valid && !taken.iter().any(|other| name.eq_ignore_ascii_case(other)) {
        return Ok(name);
    }
    let message = "header is not the name of a header that can carry a credential; use Authorization";
    Err(Error::new(ErrorKind::InvalidConfig, message))
}

#[cfg(test)]
mod tests {
    use super::{Headers, Style};
    use crate::platform::Platform;
    use crate::secret::Secret;

    fn line(named: Option<&str>, platform: &Platform, is_key: bool) -> String {
        let style = Style::settle(named, platform, is_key).unwrap();
        let headers = Headers::render(&Secret::new("s3"), &style, None, 1);
        let (name, value) = headers.iter().next().unwrap();
        format!("{name}: {value}")
    }

    #[test]
    fn each_name_carries_what_its_platform_expects() {
        let (beamlit, blaxel) = (Platform::beamlit(), Platform::blaxel());
        assert_eq!(line(None, &beamlit, false), "Authorization: Bearer s3");
        assert_eq!(line(None, &beamlit, true), "X-Beamlit-Api-Key: s3");
        assert_eq!(line(None, &blaxel, true), "Authorization: Bearer s3");
        assert_eq!(
            line(Some("X-Beamlit-Authorization"), &beamlit, true),
            "X-Beamlit-Authorization: Bearer s3"
        );
        assert_eq!(line(Some("Api-Key"), &beamlit, true), "Api-Key: s3");
        assert_eq!(line(Some("X-Other"), &beamlit, false), "X-Other: Bearer s3");
        assert_eq!(line(Some("X-Other"), &beamlit, true), "X-Other: s3");
    }

    #[test]
    fn a_header_that_cannot_carry_the_credential_is_refused() {
        for bad in ["", "a b", "a:b", "é", "Host", "content-length", "Cookie"] {
            assert!(Style::settle(Some(bad), &Platform::beamlit(), true).is_err(), "{bad}");
        }
        assert!(Style::settle(Some("X-Beamlit-Api-Key"), &Platform::beamlit(), false).is_err());
    }

    #[test]
    fn the_workspace_travels_beside_the_credential_and_debug_shows_neither() {
        let style = Style::settle(None, &Platform::beamlit(), false).unwrap();
        let headers =
            Headers::render(&Secret::new("CANARY"), &style, Some(("X-Beamlit-Workspace", "acme")), 3);
        assert_eq!(headers.iter().last(), Some(("X-Beamlit-Workspace", "acme")));
        assert_eq!(format!("{headers:?}"), "Headers(Authorization, X-Beamlit-Workspace: …, generation 3)");
    }
}
