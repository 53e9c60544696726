//! Who exists: workspaces, the one user, service accounts, and the credentials that were issued to them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::family::FamilyId;
use crate::mint::Digest;

/// The one user, who needs no password and belongs to every workspace.
pub(crate) const USER: &str = "usr_emulator";

/// Whom a credential speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Subject {
    User,
    /// By its `client_id`.
    ServiceAccount(String),
}

impl Subject {
    /// The `sub` claim.
    pub(crate) fn sub(&self) -> &str {
        match self {
            Self::User => USER,
            Self::ServiceAccount(client_id) => client_id,
        }
    }

    /// The platform's name of its kind.
    pub(crate) fn sub_type(&self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServiceAccount(_) => "service_account",
        }
    }
}

/// Whom a credential speaks for, and for which workspace it was issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) subject: Subject,
    pub(crate) workspace: String,
}

/// A service account in the platform's own words; the secret is shown once and kept as a digest.
#[derive(Clone, Serialize)]
pub(crate) struct ServiceAccount {
    pub(crate) client_id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    #[serde(skip)]
    pub(crate) workspace: String,
    #[serde(skip)]
    pub(crate) secret: Digest,
}

/// An API key in the platform's own words; the key is shown once and kept as a digest.
#[derive(Clone, Serialize)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_in: Option<String>,
    pub(crate) sub: String,
    pub(crate) sub_type: String,
    #[serde(rename = "createdAt")]
    pub(crate) created_at: String,
    #[serde(rename = "updatedAt")]
    pub(crate) updated_at: String,
    #[serde(rename = "createdBy")]
    pub(crate) created_by: String,
    #[serde(rename = "updatedBy")]
    pub(crate) updated_by: String,
    #[serde(skip)]
    pub(crate) held: Held,
}

/// What a credential gives whoever holds it, and until when (milliseconds since the Unix epoch).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) digest: Digest,
    pub(crate) identity: Identity,
    pub(crate) expires_at_ms: i64,
    /// The login that an access token is of, if that can be renewed.
    pub(crate) family: Option<FamilyId>,
}

impl Held {
    /// The end of time, for keys without `expires_in`.
    pub(crate) const NEVER: i64 = i64::MAX;
}

/// A [`ServiceAccount`] as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(remote = "ServiceAccount")]
struct Account {
    client_id: String,
    name: String,
    description: String,
    created_at: String,
    updated_at: String,
    workspace: String,
    secret: Digest,
}

/// An [`ApiKey`] as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(remote = "ApiKey")]
struct Key {
    id: String,
    name: String,
    expires_in: Option<String>,
    sub: String,
    sub_type: String,
    created_at: String,
    updated_at: String,
    created_by: String,
    updated_by: String,
    held: Held,
}

#[derive(Serialize, Deserialize)]
struct KeptAccount(#[serde(with = "Account")] ServiceAccount);

#[derive(Serialize, Deserialize)]
struct KeptKey(#[serde(with = "Key")] ApiKey);

/// A [`Directory`] as it is kept.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptDirectory {
    workspaces: Vec<String>,
    accounts: Vec<KeptAccount>,
    api_keys: Vec<KeptKey>,
    access_tokens: Vec<Held>,
}

/// Everything the emulator knows of its workspaces.
#[derive(Default)]
pub(crate) struct Directory {
    workspaces: Vec<String>,
    accounts: Vec<ServiceAccount>,
    api_keys: Vec<ApiKey>,
    access_tokens: HashMap<Digest, Held>,
    crowded: usize,
}

impl From<&Directory> for KeptDirectory {
    fn from(directory: &Directory) -> Self {
        let mut access_tokens: Vec<Held> = directory.access_tokens.values().cloned().collect();
        access_tokens.sort_unstable_by_key(|held| held.digest);
        Self {
            workspaces: directory.workspaces.clone(),
            accounts: directory.accounts.iter().cloned().map(KeptAccount).collect(),
            api_keys: directory.api_keys.iter().cloned().map(KeptKey).collect(),
            access_tokens,
        }
    }
}

impl From<KeptDirectory> for Directory {
    fn from(kept: KeptDirectory) -> Self {
        Self {
            workspaces: kept.workspaces,
            accounts: kept.accounts.into_iter().map(|KeptAccount(account)| account).collect(),
            api_keys: kept.api_keys.into_iter().map(|KeptKey(key)| key).collect(),
            access_tokens: kept.access_tokens.into_iter().map(|held| (held.digest, held)).collect(),
            crowded: 0,
        }
    }
}

impl Directory {
    pub(crate) fn workspaces(&self) -> &[String] {
        &self.workspaces
    }

    /// Makes sure that the workspace is listed; any name is one.
    pub(crate) fn add_workspace(&mut self, name: &str) {
        if !self.workspaces.iter().any(|known| known == name) {
            self.workspaces.push(name.to_owned());
        }
    }

    pub(crate) fn accounts(&self, workspace: &str) -> Vec<ServiceAccount> {
        self.accounts.iter().filter(|account| account.workspace == workspace).cloned().collect()
    }

    pub(crate) fn account(&self, client_id: &str) -> Option<&ServiceAccount> {
        self.accounts.iter().find(|account| account.client_id == client_id)
    }

    pub(crate) fn account_mut(&mut self, workspace: &str, client_id: &str) -> Option<&mut ServiceAccount> {
        self.accounts
            .iter_mut()
            .find(|account| account.workspace == workspace && account.client_id == client_id)
    }

    pub(crate) fn add_account(&mut self, account: ServiceAccount) {
        self.add_workspace(&account.workspace);
        self.accounts.push(account);
    }

    /// Removes the account with all it holds, effective at once.
    pub(crate) fn remove_account(&mut self, workspace: &str, client_id: &str) -> Option<ServiceAccount> {
        let account = self.account_mut(workspace, client_id)?.clone();
        let gone = Subject::ServiceAccount(client_id.to_owned());
        self.accounts.retain(|account| account.client_id != client_id);
        self.api_keys.retain(|key| key.held.identity.subject != gone);
        self.access_tokens.retain(|_, token| token.identity.subject != gone);
        Some(account)
    }

    pub(crate) fn api_keys(&self, subject: &Subject) -> Vec<ApiKey> {
        self.api_keys.iter().filter(|key| key.held.identity.subject == *subject).cloned().collect()
    }

    pub(crate) fn add_api_key(&mut self, key: ApiKey) {
        self.add_workspace(&key.held.identity.workspace);
        self.api_keys.push(key);
    }

    /// Removes the key, effective at once; false if the subject has no such key.
    pub(crate) fn remove_api_key(&mut self, subject: &Subject, id: &str) -> bool {
        let before = self.api_keys.len();
        self.api_keys.retain(|key| key.id != id || key.held.identity.subject != *subject);
        self.api_keys.len() < before
    }

    pub(crate) fn add_access_token(&mut self, token: Held, now_ms: i64) {
        // Expired tokens go whenever their number may have doubled: constant work for each token on average.
        if self.access_tokens.len() > self.crowded {
            self.access_tokens.retain(|_, token| token.expires_at_ms > now_ms);
            self.crowded = (2 * self.access_tokens.len()).max(1024);
        }
        self.access_tokens.insert(token.digest, token);
    }

    /// Removes the access token, effective at once; what it was is the answer.
    pub(crate) fn remove_access_token(&mut self, digest: &Digest) -> Option<Held> {
        self.access_tokens.remove(digest)
    }

    /// Removes all access tokens of a login, effective at once.
    pub(crate) fn remove_access_tokens_of(&mut self, family: FamilyId) {
        self.access_tokens.retain(|_, token| token.family != Some(family));
    }

    pub(crate) fn access_token(&self, digest: &Digest) -> Option<&Held> {
        self.access_tokens.get(digest)
    }

    /// Whom this API key speaks for, if it is good at `now_ms`.
    pub(crate) fn holder_of_key(&self, digest: &Digest, now_ms: i64) -> Option<Identity> {
        let key = self.api_keys.iter().find(|key| key.held.digest == *digest)?;
        (key.held.expires_at_ms > now_ms).then(|| key.held.identity.clone())
    }

    /// Whom this access token speaks for, if it is good at `now_ms`.
    pub(crate) fn holder_of_token(&self, digest: &Digest, now_ms: i64) -> Option<Identity> {
        let token = self.access_tokens.get(digest)?;
        (token.expires_at_ms > now_ms).then(|| token.identity.clone())
    }
}
