//! What must never happen, by name.

/// One way to break what the protocol promises. The promises are numbered; those without a line here (I3, I12, I14, I15)
/// are about bytes, clocks, forks and grants that spend nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Invariant {
    /// I1: a refresh token went out twice, and the rotation permits no replay.
    SentTwice,
    /// I1, in the file store: a writer believes a write that was overtaken.
    StaleWriteBelieved,
    /// I1, in the file store: a reader takes a number for the record that was swept and made again.
    StaleFileRead,
    /// I2: the authorization server took one of our requests for the use of a stolen token.
    ReuseDetected,
    /// I4: callers got an access token that no record holds.
    ServedUncommitted,
    /// I5: a claim was written over a login, logout or commit that its writer has not read.
    ClaimedOverAnother,
    /// I5: a commit, or a claim that was taken back, was written over a login or a logout.
    CommittedOverAnother,
    /// I5: a refusal of one login marked another one dead.
    AnotherMarkedDead,
    /// I6: the record believes in a refresh token that the server does not accept, and no claim warns of it.
    DeadTokenKept,
    /// I7: the login is dead, and the user did nothing to end it.
    DeadUnasked,
    /// I8: a generation was followed by a lower one.
    GenerationFell,
    /// I9: a login waits for somebody who may be stopped for ever.
    LoginWaits,
    /// I10: a token that is committed does not reach its callers, because the YAML is locked.
    TokenWaitsForMirror,
    /// I11: without any fault there were more exchanges than expiries.
    ExchangedTooOften,
    /// I13: an older login took the place of a newer one.
    OlderLoginBack,
    /// I13: the record says logged out, and nobody logged out.
    LoggedOutUnasked,
    /// I13: the vendor's tool logged in, and its token is nowhere.
    VendorLoginLost,
    /// I13: what the vendor's tool wrote for others is gone from the YAML.
    ForeignEntryLost,
}

impl Invariant {
    pub(crate) const ALL: [Self; 18] = [
        Self::SentTwice,
        Self::StaleWriteBelieved,
        Self::StaleFileRead,
        Self::ReuseDetected,
        Self::ServedUncommitted,
        Self::ClaimedOverAnother,
        Self::CommittedOverAnother,
        Self::AnotherMarkedDead,
        Self::DeadTokenKept,
        Self::DeadUnasked,
        Self::GenerationFell,
        Self::LoginWaits,
        Self::TokenWaitsForMirror,
        Self::ExchangedTooOften,
        Self::OlderLoginBack,
        Self::LoggedOutUnasked,
        Self::VendorLoginLost,
        Self::ForeignEntryLost,
    ];
}

/// A set of broken invariants.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Broken(u32);

impl Broken {
    pub(crate) fn of(invariants: &[Invariant]) -> Self {
        invariants.iter().fold(Self::default(), |all, invariant| all.with(*invariant))
    }

    /// The one invariant, if it is broken indeed.
    pub(crate) fn when(wrong: bool, invariant: Invariant) -> Self {
        if wrong { Self::default().with(invariant) } else { Self::default() }
    }

    pub(crate) fn with(self, invariant: Invariant) -> Self {
        Self(self.0 | 1 << invariant as u32)
    }

    pub(crate) fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(crate) fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Invariant> {
        Invariant::ALL.into_iter().filter(move |invariant| self.0 & 1 << *invariant as u32 != 0)
    }
}
