//! Everything one emulator knows, shared by its routes.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::directory::{ApiKey, Directory, Held, Identity, ServiceAccount, Subject, USER};
use crate::fault::Faults;
use crate::mint::{Mint, digest_of};
use crate::recording::{RecordedRequest, Recording};
use crate::routes::TOKEN_ENDPOINT;
use crate::settings::Settings;

/// One emulator's state. No lock is held across a wait or while another is taken.
pub(crate) struct State {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) origin: String,
    pub(crate) clock: Clock,
    pub(crate) mint: Mint,
    pub(crate) settings: Mutex<Settings>,
    pub(crate) directory: Mutex<Directory>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) recording: Mutex<Recording>,
    pub(crate) token_requests: AtomicU64,
    pub(crate) connections: AtomicU64,
}

impl State {
    pub(crate) fn new(port: u16, settings: Settings, workspaces: &[String]) -> io::Result<Self> {
        let mut directory = Directory::default();
        for workspace in workspaces {
            directory.add_workspace(workspace);
        }
        Ok(Self {
            origin: format!("http://127.0.0.1:{port}"),
            clock: Clock::default(),
            mint: Mint::new()?,
            settings: Mutex::new(settings),
            directory: Mutex::new(directory),
            faults: Mutex::default(),
            recording: Mutex::default(),
            token_requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        })
    }

    /// Base URL of the API.
    pub(crate) fn api_url(&self) -> String {
        format!("{}/v0", self.origin)
    }

    /// Keeps a request that arrived for this path and counts it; the number is that of [`Recording::arrived`].
    pub(crate) fn record(&self, request: RecordedRequest, path: &str) -> usize {
        if path == TOKEN_ENDPOINT {
            self.token_requests.fetch_add(1, Ordering::Relaxed);
        }
        self.recording.lock().arrived(request)
    }

    /// A new API key of this owner, and the record of it.
    pub(crate) fn issue_api_key(&self, owner: Identity, draft: KeyDraft) -> (String, ApiKey) {
        let key = self.mint.api_key();
        let now = self.clock.timestamp();
        let lives_until = |lifetime| self.clock.now_ms().saturating_add(lifetime);
        let record = ApiKey {
            id: self.mint.api_key_id(),
            name: draft.name,
            expires_in: draft.expires_in,
            sub: owner.subject.sub().to_owned(),
            sub_type: owner.subject.sub_type(),
            created_at: now.clone(),
            updated_at: now,
            created_by: draft.created_by.clone(),
            updated_by: draft.created_by,
            held: Held {
                digest: digest_of(&key),
                identity: owner,
                expires_at_ms: draft.lifetime_ms.map_or(Held::NEVER, lives_until),
            },
        };
        self.directory.lock().add_api_key(record.clone());
        (key, record)
    }

    /// A new service account and its secret.
    pub(crate) fn issue_service_account(
        &self,
        workspace: &str,
        name: String,
        description: String,
    ) -> (ServiceAccount, String) {
        let secret = self.mint.client_secret();
        let now = self.clock.timestamp();
        let account = ServiceAccount {
            client_id: self.mint.client_id(),
            name,
            description,
            created_at: now.clone(),
            updated_at: now,
            workspace: workspace.to_owned(),
            secret: digest_of(&secret),
        };
        self.directory.lock().add_account(account.clone());
        (account, secret)
    }

    /// A personal API key of the user, issued for this workspace.
    pub(crate) fn user_api_key(&self, workspace: &str) -> String {
        let owner = Identity { subject: Subject::User, workspace: workspace.to_owned() };
        self.issue_api_key(owner, KeyDraft::named("emulator")).0
    }

    /// `client_id` and `client_secret` of a new service account.
    pub(crate) fn client_credentials(&self, workspace: &str) -> (String, String) {
        let (account, secret) = self.issue_service_account(workspace, "emulator".to_owned(), String::new());
        (account.client_id, secret)
    }
}

/// What is chosen about an API key before it exists.
pub(crate) struct KeyDraft {
    pub(crate) name: String,
    /// As the caller wrote it: `30d`, `24h`, `1w`.
    pub(crate) expires_in: Option<String>,
    /// The same as a number; `None` for a key that does not expire.
    pub(crate) lifetime_ms: Option<i64>,
    pub(crate) created_by: String,
}

impl KeyDraft {
    /// A key of the user's that does not expire.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), expires_in: None, lifetime_ms: None, created_by: USER.to_owned() }
    }
}
