//! The refresh tokens of a login through all its renewals.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::directory::{Identity, Subject};
use crate::mint::{Digest, digest_of};
use crate::rotation::{RefreshAnswer, Rotation};
use crate::settings::Settings;

/// Number of a family; no other family of the emulator ever has it.
pub(crate) type FamilyId = u64;

/// What one grant gave one client, however often it was renewed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Family {
    pub(crate) id: FamilyId,
    pub(crate) client_id: String,
    pub(crate) identity: Identity,
    pub(crate) scope: Option<String>,
}

/// A family and the refresh tokens that it was given.
#[derive(Clone, Serialize, Deserialize)]
struct Chain {
    family: Family,
    /// Of all its refresh tokens, oldest first; there is one at least.
    digests: Vec<Digest>,
    /// The refresh token issued last; as text, since a replay within the grace period gets it again.
    latest: String,
    rotated_at_ms: i64,
}

/// A refresh token that was issued, spent or not.
#[derive(Clone, Serialize, Deserialize)]
struct Issued {
    family: FamilyId,
    /// How many of the family came before it.
    place: usize,
    expires_at_ms: i64,
}

/// What a renewal gives.
pub(crate) struct Renewal {
    pub(crate) family: Family,
    /// The `refresh_token` of the answer.
    pub(crate) refresh_token: Option<String>,
}

/// Why a refresh token is refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is unknown, over, or its login has ended.
    Unknown,
    /// It was spent; the login goes on.
    Spent,
    /// It was spent, and its login has to end.
    Ended(FamilyId),
}

/// All families that have not ended.
#[derive(Default)]
pub(crate) struct Families {
    chains: HashMap<FamilyId, Chain>,
    refresh_tokens: HashMap<Digest, Issued>,
    of_accounts: VecDeque<FamilyId>,
    reuse_events: u64,
}

/// [`Families`] as they are kept.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptFamilies {
    chains: Vec<Chain>,
    refresh_tokens: Vec<(Digest, Issued)>,
    of_accounts: VecDeque<FamilyId>,
}

impl From<&Families> for KeptFamilies {
    fn from(families: &Families) -> Self {
        let mut chains: Vec<Chain> = families.chains.values().cloned().collect();
        chains.sort_unstable_by_key(|chain| chain.family.id);
        let tokens = families.refresh_tokens.iter().map(|(digest, issued)| (*digest, issued.clone()));
        let mut refresh_tokens: Vec<(Digest, Issued)> = tokens.collect();
        refresh_tokens.sort_unstable_by_key(|(digest, _)| *digest);
        Self { chains, refresh_tokens, of_accounts: families.of_accounts.clone() }
    }
}

impl From<KeptFamilies> for Families {
    fn from(kept: KeptFamilies) -> Self {
        Self {
            chains: kept.chains.into_iter().map(|chain| (chain.family.id, chain)).collect(),
            refresh_tokens: kept.refresh_tokens.into_iter().collect(),
            of_accounts: kept.of_accounts,
            reuse_events: 0,
        }
    }
}

impl Families {
    /// Service accounts begin a family with every token and seldom renew it: of theirs only so many are kept.
    const MOST_OF_ACCOUNTS: usize = 10_000;

    /// Begins a family with its first refresh token.
    pub(crate) fn begin(&mut self, family: Family, refresh_token: String, expires_at_ms: i64) {
        if family.identity.subject != Subject::User {
            self.of_accounts.push_back(family.id);
            if self.of_accounts.len() > Self::MOST_OF_ACCOUNTS
                && let Some(oldest) = self.of_accounts.pop_front()
            {
                self.forget(oldest);
            }
        }
        let digest = digest_of(&refresh_token);
        self.refresh_tokens.insert(digest, Issued { family: family.id, place: 0, expires_at_ms });
        let chain = Chain { family, digests: vec![digest], latest: refresh_token, rotated_at_ms: 0 };
        self.chains.insert(chain.family.id, chain);
    }

    /// The family that this refresh token belongs to, spent or not.
    pub(crate) fn of(&self, refresh_token: &str, now_ms: i64) -> Option<&Family> {
        let issued = self.refresh_tokens.get(&digest_of(refresh_token))?;
        (issued.expires_at_ms > now_ms).then(|| self.get(issued.family))?
    }

    pub(crate) fn get(&self, id: FamilyId) -> Option<&Family> {
        self.chains.get(&id).map(|chain| &chain.family)
    }

    /// Spends a refresh token as the rotation in force has it; `fresh` is what it may be exchanged for.
    pub(crate) fn renew(
        &mut self,
        refresh_token: &str,
        fresh: String,
        settings: &Settings,
        now_ms: i64,
    ) -> Result<Renewal, Refused> {
        let issued = self.refresh_tokens.get(&digest_of(refresh_token)).ok_or(Refused::Unknown)?;
        let chain = self.chains.get_mut(&issued.family).ok_or(Refused::Unknown)?;
        if issued.expires_at_ms <= now_ms {
            return Err(Refused::Unknown);
        }
        let rotation = settings.rotates();
        if !chain.takes(issued.place, rotation, now_ms) {
            self.reuse_events += 1;
            let goes_on = rotation == Rotation::Strict;
            return Err(if goes_on { Refused::Spent } else { Refused::Ended(issued.family) });
        }
        let answer = match (rotation, settings.refresh_answer) {
            (Rotation::None, RefreshAnswer::Omitted) => None,
            (Rotation::None, RefreshAnswer::Same) => Some(refresh_token.to_owned()),
            (Rotation::Grace { .. }, _) if !chain.is_latest(issued.place) => Some(chain.latest.clone()),
            _ => {
                let issued = chain.rotate(fresh, settings.refresh_token_expiry_ms(now_ms), now_ms);
                self.refresh_tokens.insert(digest_of(&chain.latest), issued);
                Some(chain.latest.clone())
            }
        };
        Ok(Renewal { family: chain.family.clone(), refresh_token: answer })
    }

    /// Ends a family: all its refresh tokens are unknown from now on. Its access tokens are the directory's.
    pub(crate) fn end(&mut self, id: FamilyId) {
        self.of_accounts.retain(|known| *known != id);
        self.forget(id);
    }

    /// Ends all families of this subject.
    pub(crate) fn end_of(&mut self, subject: &Subject) {
        let chains = self.chains.values();
        let gone: Vec<FamilyId> = chains
            .filter(|chain| chain.family.identity.subject == *subject)
            .map(|chain| chain.family.id)
            .collect();
        for id in gone {
            self.end(id);
        }
    }

    /// How often a spent refresh token was refused.
    pub(crate) fn reuse_events(&self) -> u64 {
        self.reuse_events
    }

    fn forget(&mut self, id: FamilyId) {
        let digests = self.chains.remove(&id).map(|chain| chain.digests).unwrap_or_default();
        for digest in digests {
            self.refresh_tokens.remove(&digest);
        }
    }
}

impl Chain {
    fn is_latest(&self, place: usize) -> bool {
        place + 1 == self.digests.len()
    }

    /// Whether the refresh token at this place is good.
    fn takes(&self, place: usize, rotation: Rotation, now_ms: i64) -> bool {
        self.is_latest(place)
            || match rotation {
                Rotation::None => true,
                Rotation::Grace { seconds } => {
                    let until_ms = self.rotated_at_ms.saturating_add(i64::from(seconds) * 1000);
                    self.is_latest(place + 1) && now_ms < until_ms
                }
                Rotation::Strict | Rotation::Revoke => false,
            }
    }

    /// Makes `fresh` the latest refresh token.
    fn rotate(&mut self, fresh: String, expires_at_ms: i64, now_ms: i64) -> Issued {
        let issued = Issued { family: self.family.id, place: self.digests.len(), expires_at_ms };
        self.digests.push(digest_of(&fresh));
        self.latest = fresh;
        self.rotated_at_ms = now_ms;
        issued
    }
}
