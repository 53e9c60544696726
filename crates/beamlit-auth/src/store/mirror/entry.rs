//! What the platform's file says: which workspace is the current one, and what each holds. Every form that the
//! platform's tools have written since 2024 is read; every scalar is taken as the text that it is.

use std::sync::Arc;

use crate::credential::ClientCredentials;
use crate::emulator_mark::is_marked;
use crate::secret::Secret;
use crate::store::mirror::document::{Broken, Document, Node};

/// The members of an entry's `credentials` that hold a credential, under all names that they have had.
pub(super) const MEMBERS: [&str; 8] = [
    "apiKey",
    "api_key",
    "access_token",
    "refresh_token",
    "expires_in",
    "device_code",
    "client_credentials",
    "clientCredentials",
];

/// Longest secret that is taken, in bytes. What is longer, or holds blanks, no server has issued.
const LIMIT: usize = 8 * 1024;

/// The platform's file.
#[derive(Default)]
pub(crate) struct Contents {
    /// The workspace that its tools use when none is named.
    pub(crate) context: Option<String>,
    pub(crate) entries: Vec<Entry>,
}

/// What the file says of one workspace.
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Which of the platform's hosts it belongs to: empty for production.
    pub(crate) env: String,
    /// What the platform's tools would use of it, and this library can.
    pub(crate) held: Option<Held>,
    /// Whether any secret in it was issued by an emulator.
    pub(crate) is_marked: bool,
    /// Digests of its secrets.
    pub(crate) digests: Vec<String>,
}

/// A credential in the file.
#[derive(Clone)]
pub(crate) enum Held {
    ApiKey(Arc<Secret>),
    Login {
        refresh_token: Arc<Secret>,
        /// It accompanies every refresh.
        device_code: Option<Arc<Secret>>,
    },
    Client {
        client_id: String,
        client_secret: Arc<Secret>,
    },
}

impl Held {
    /// The digest by which a record knows it.
    pub(crate) fn digest(&self) -> String {
        match self {
            Self::ApiKey(secret) | Self::Client { client_secret: secret, .. } => secret.digest(),
            Self::Login { refresh_token, .. } => refresh_token.digest(),
        }
    }
}

impl Contents {
    /// Reads `text`. What is missing or of another shape than expected is just not there.
    ///
    /// # Errors
    /// For what is no YAML.
    pub(super) fn read(text: &str) -> Result<Self, Broken> {
        Ok(Document::parse(text)?.root.as_ref().map(Self::of).unwrap_or_default())
    }

    fn of(root: &Node) -> Self {
        let context = root.get("context").and_then(|context| context.get("workspace"));
        let context = said(context).or_else(|| said(root.get("current_context")));
        let entries = root.get("workspaces").map_or(&[][..], Node::items);
        Self { context: context.map(str::to_owned), entries: entries.iter().filter_map(entry).collect() }
    }

    /// The entry of a workspace: the first of that name, as the platform's tools take it.
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

fn entry(item: &Node) -> Option<Entry> {
    let name = said(item.get("name"))?.to_owned();
    let env = match said(item.get("env")) {
        None | Some("prod" | "production") => "",
        Some(env) => env,
    };
    let credentials = item.get("credentials");
    let secret = |key: &str| {
        let secret = Secret::new(said(credentials?.get(key))?);
        secret.is_visible_ascii(LIMIT).then(|| Arc::new(secret))
    };
    let key = secret("apiKey").or_else(|| secret("api_key"));
    let client = said(credentials.and_then(|all| all.get("client_credentials")))
        .or_else(|| said(credentials.and_then(|all| all.get("clientCredentials"))))
        .and_then(|pair| ClientCredentials::decode(pair).ok());
    let (refresh_token, device_code) = (secret("refresh_token"), secret("device_code"));
    let secrets = [&key, &secret("access_token"), &refresh_token, &device_code].map(Option::clone);
    let secrets =
        secrets.into_iter().flatten().chain(client.as_ref().map(|client| Arc::clone(&client.client_secret)));
    let (is_marked, digests) = secrets.fold((false, Vec::new()), |(marked, mut digests), secret| {
        digests.push(secret.digest());
        (marked || is_marked(secret.reveal()), digests)
    });
    // In the order of the platform's own tools.
    let held = key
        .map(Held::ApiKey)
        .or(refresh_token.map(|refresh_token| Held::Login { refresh_token, device_code }))
        .or(client.map(|ClientCredentials { client_id, client_secret, .. }| Held::Client {
            client_id,
            client_secret,
        }));
    Some(Entry { name, env: env.to_owned(), held, is_marked, digests })
}

/// The text of a scalar that is there and not empty.
fn said(node: Option<&Node>) -> Option<&str> {
    node?.text().filter(|text| !text.is_empty())
}
