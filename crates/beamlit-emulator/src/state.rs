//! Everything one emulator knows, shared by its routes.

use std::io;
use std::sync::atomic::AtomicU64;

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::data::Data;
use crate::device::{DeviceRequest, Devices, Polls, Status};
use crate::directory::{ApiKey, Directory, Held, Identity, KeptDirectory, ServiceAccount, Subject};
use crate::family::{Families, Family, FamilyId, KeptFamilies};
use crate::fault::Faults;
use crate::key_draft::KeyDraft;
use crate::mint::{Mint, digest_of};
use crate::recording::Recording;
use crate::routes::VERIFICATION_PAGE;
use crate::settings::Settings;
use crate::token_requests::TokenRequests;

/// One emulator's state. No lock is held across a wait or while another is taken.
pub(crate) struct State {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) origin: String,
    port: u16,
    pub(crate) clock: Clock,
    pub(crate) mint: Mint,
    pub(crate) settings: Mutex<Settings>,
    pub(crate) directory: Mutex<Directory>,
    pub(crate) devices: Mutex<Devices>,
    pub(crate) families: Mutex<Families>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) recording: Mutex<Recording>,
    pub(crate) token_requests: TokenRequests,
    pub(crate) connections: AtomicU64,
}

/// What a device says about the login that it asks for.
pub(crate) struct DeviceDraft {
    pub(crate) client_id: String,
    pub(crate) workspace: Option<String>,
    pub(crate) scope: Option<String>,
}

impl State {
    pub(crate) fn new(port: u16, settings: Settings, workspaces: &[String], data: Data) -> io::Result<Self> {
        let mut directory = Directory::from(data.directory);
        for workspace in workspaces {
            directory.add_workspace(workspace);
        }
        Ok(Self {
            origin: format!("http://127.0.0.1:{port}"),
            port,
            clock: Clock::ahead(data.clock_offset_ms),
            mint: Mint::new(data.minted)?,
            settings: Mutex::new(settings),
            directory: Mutex::new(directory),
            devices: Mutex::default(),
            families: Mutex::new(Families::from(data.families)),
            faults: Mutex::default(),
            recording: Mutex::default(),
            token_requests: TokenRequests::default(),
            connections: AtomicU64::new(0),
        })
    }

    /// What is to outlive a restart.
    pub(crate) fn data(&self) -> Data {
        Data {
            port: self.port,
            clock_offset_ms: self.clock.offset_ms(),
            directory: KeptDirectory::from(&*self.directory.lock()),
            families: KeptFamilies::from(&*self.families.lock()),
            minted: self.mint.minted(),
        }
    }

    /// Base URL of the API.
    pub(crate) fn api_url(&self) -> String {
        format!("{}/v0", self.origin)
    }

    /// Where the user decides on a device login.
    pub(crate) fn verification_uri(&self) -> String {
        format!("{}{VERIFICATION_PAGE}", self.origin)
    }

    /// The same with the code filled in. The platform's old command line appends `&workspace=…`, so it has a query.
    pub(crate) fn verification_uri_complete(&self, user_code: &str) -> String {
        format!("{}?code={user_code}", self.verification_uri())
    }

    /// The workspace of a login that names none.
    pub(crate) fn default_workspace(&self) -> String {
        self.directory.lock().workspaces().first().cloned().unwrap_or_else(|| "acme".to_owned())
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
            sub_type: owner.subject.sub_type().to_owned(),
            created_at: now.clone(),
            updated_at: now,
            created_by: draft.created_by.clone(),
            updated_by: draft.created_by,
            held: Held {
                digest: digest_of(&key),
                identity: owner,
                expires_at_ms: draft.lifetime_ms.map_or(Held::NEVER, lives_until),
                family: None,
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

    /// Removes the account with all it holds, effective at once.
    pub(crate) fn remove_service_account(&self, workspace: &str, client_id: &str) -> Option<ServiceAccount> {
        let removed = self.directory.lock().remove_account(workspace, client_id)?;
        self.families.lock().end_of(&Subject::ServiceAccount(client_id.to_owned()));
        Some(removed)
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

    /// The device code of a login that begins, and the record of it.
    pub(crate) fn begin_device(&self, settings: &Settings, draft: DeviceDraft) -> (String, DeviceRequest) {
        let device_code = self.mint.device_code();
        let now_ms = self.clock.now_ms();
        let lifetime_ms = i64::from(settings.device_code_lifetime_s) * 1000;
        let mut device = DeviceRequest {
            digest: digest_of(&device_code),
            user_code: self.mint.user_code(),
            client_id: draft.client_id,
            workspace: draft.workspace,
            scope: draft.scope,
            family: self.mint.number(),
            requested_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(lifetime_ms),
            status: Status::Pending,
            polls: Polls::every(settings.interval_s),
        };
        while !self.devices.lock().add(device.clone()) {
            device.user_code = self.mint.user_code();
        }
        (device_code, device)
    }

    /// The first refresh token of a login that begins.
    pub(crate) fn begin_family(&self, settings: &Settings, family: Family) -> String {
        let refresh_token = self.mint.refresh_token();
        let expires_at_ms = settings.refresh_token_expiry_ms(self.clock.now_ms());
        self.directory.lock().add_workspace(&family.identity.workspace);
        self.families.lock().begin(family, refresh_token.clone(), expires_at_ms);
        refresh_token
    }

    /// Ends a login: its refresh tokens and access tokens are refused from now on.
    pub(crate) fn end_family(&self, family: FamilyId) {
        self.families.lock().end(family);
        self.directory.lock().remove_access_tokens_of(family);
    }

    /// The `client_id` that a refresh token or access token was issued to.
    pub(crate) fn client_of(&self, token: &str) -> Option<String> {
        let family = self.families.lock().of(token, self.clock.now_ms()).cloned();
        if let Some(family) = family {
            return Some(family.client_id);
        }
        let held = self.directory.lock().access_token(&digest_of(token)).cloned()?;
        let family = held.family.and_then(|family| self.families.lock().get(family).cloned());
        Some(family.map_or_else(|| held.identity.subject.sub().to_owned(), |family| family.client_id))
    }

    /// Ends a refresh token with its whole login, or an access token alone (RFC 7009 §2.1); false if it is neither.
    pub(crate) fn revoke(&self, token: &str) -> bool {
        let family = self.families.lock().of(token, self.clock.now_ms()).map(|family| family.id);
        if let Some(family) = family {
            self.end_family(family);
            return true;
        }
        self.directory.lock().remove_access_token(&digest_of(token)).is_some()
    }
}
