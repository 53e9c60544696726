//! The rules of the protocol, each with what it is for. A test takes one away and names what breaks.

/// The rules. [`Rules::ALL`] is the protocol.
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// A claim is written over the very record that was read. Else two processes send the same token, and a claim
    /// brings an older login back.
    pub(crate) claim_compares: bool,
    /// A commit is written over the committer's own claim. Else it replaces a login or undoes a logout.
    pub(crate) commit_compares: bool,
    /// Death is written over the claim of the one who was refused. Else the refusal of an old login ends the new one.
    pub(crate) death_compares: bool,
    /// A claim is taken back over itself. Else what was read before the claim comes back over a login.
    pub(crate) release_compares: bool,
    /// To compare and to write is one step. Else a login may come in between, and is overwritten.
    pub(crate) writes_are_one_step: bool,
    /// Who finds another generation than the one found stale adopts it. Else every waiter makes an exchange of its own.
    pub(crate) newer_is_adopted: bool,
    /// When the callers get the new token.
    pub(crate) publishes: Publishes,
    /// An answer that comes too late is revoked if the user logged out, and only then. Else the slower of two replays
    /// revokes the login that the faster one holds.
    pub(crate) revokes_after_logout_only: bool,
    /// Our login waits for nobody. Else somebody who is stopped keeps the user from logging in.
    pub(crate) login_waits_for_nobody: bool,
    /// Until when a rotation with a time of grace allows a replay.
    pub(crate) grace: Grace,
    /// Under a rotation with grace a claim is replayed only if its owner is gone, which the credential lock proves. Else
    /// the owner wakes up after the time of grace, and its send is taken for theft.
    pub(crate) grace_replays_orphans_only: bool,
    /// A replay that the server put off leaves the claim in place: it knows nothing of the send before. Else the token
    /// looks unspent.
    pub(crate) replay_keeps_claim: bool,
    /// What is claimed of the record's own token stands below the claim on a candidate, and again when that is refused or
    /// forgotten. Else the token looks unspent.
    pub(crate) own_claim_is_kept: bool,
    /// A dead login whose token stays good is tried again, now and then. Else a server that was broken for a moment has
    /// ended it.
    pub(crate) dead_is_tried_again: bool,
    /// A refresh token in the YAML that nobody knows is a candidate: an exchange decides. Else half a token that
    /// somebody left there replaces a good login.
    pub(crate) candidates_are_tried: bool,
    /// Nothing that is missing in the YAML means anything. Else a vendor's write amid our look is a logout.
    pub(crate) absence_means_nothing: bool,
    /// One look at the YAML suffices. (Two looks that must agree do not mend what the two rules above are for.)
    pub(crate) one_look: bool,
    /// The refresh tokens of the past are known, all of them. Else one that comes back in a stale write of the vendor's
    /// tool is taken for a new login.
    pub(crate) knows_all: bool,
    /// What was known stays known through login and logout. Else the token of the login before comes back as a new one.
    pub(crate) login_keeps_known: bool,
    /// What the YAML holds when a login begins is known from then on. Else a login that the vendor's tool made before is
    /// tried after ours, and takes its place.
    pub(crate) login_learns_yaml: bool,
    /// So is a candidate that is claimed when a login is written. Else it is tried again.
    pub(crate) login_learns_claim: bool,
    /// A renewal writes the YAML over a known older token alone. Else it may come in between the vendor's writes.
    pub(crate) mirror_over_older_only: bool,
    /// The YAML is read again under its lock before it is written. Else what came in between is lost.
    pub(crate) mirror_rereads: bool,
    /// After its rename the mirror looks at the inode that was there: who had it open may have written since. Else that
    /// write is lost.
    pub(crate) mirror_looks_back: bool,
    /// The record is the truth, the YAML its mirror. Else a kill before the mirror is written brings a spent token back.
    pub(crate) record_is_truth: bool,
}

/// When callers get the token of a renewal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Publishes {
    /// The rule.
    AfterCommit,
    /// They hold a token that no record has, and a kill makes it an exchange that never was.
    BeforeCommit,
    /// They wait for the YAML's lock, which somebody may hold for long.
    AfterMirror,
}

/// Until when a claim may be replayed on a server that gives the same answer again for a time of grace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grace {
    /// The rule: from the first send until the time of grace less one call's limit, so that a replay which begins in time
    /// ends in time.
    LessOneCall,
    /// A replay that begins in time may arrive too late, as theft.
    ToItsEnd,
    /// Each replay begins the time anew: ours is then longer than the server's.
    FromEachReplay,
}

impl Rules {
    pub(crate) const ALL: Self = Self {
        claim_compares: true,
        commit_compares: true,
        death_compares: true,
        release_compares: true,
        writes_are_one_step: true,
        newer_is_adopted: true,
        publishes: Publishes::AfterCommit,
        revokes_after_logout_only: true,
        login_waits_for_nobody: true,
        grace: Grace::LessOneCall,
        grace_replays_orphans_only: true,
        replay_keeps_claim: true,
        own_claim_is_kept: true,
        dead_is_tried_again: true,
        candidates_are_tried: true,
        absence_means_nothing: true,
        one_look: true,
        knows_all: true,
        login_keeps_known: true,
        login_learns_yaml: true,
        login_learns_claim: true,
        mirror_over_older_only: true,
        mirror_rereads: true,
        mirror_looks_back: true,
        record_is_truth: true,
    };
}
