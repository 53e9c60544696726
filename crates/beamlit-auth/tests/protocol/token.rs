//! Refresh tokens, as far as the protocol tells them apart.

use super::seen::Bits;

/// How many logins there are at most: the one at the start, ours, the vendor's.
pub(crate) const LOGINS: usize = 3;

/// A refresh token: the login that it descends from, and the number of exchanges in between.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token(u8);

impl Token {
    pub(crate) const NONE: Self = Self(0);
    /// Half a token, as it is found where a write stopped amid a line.
    pub(crate) const TORN: Self = Self(1);
    /// The token of an entry that belongs to another `env`; it is nothing to us.
    pub(crate) const ELSEWHERE: Self = Self(2);
    /// The login that is there at the start.
    pub(crate) const FIRST: Self = Self(1 << 3);
    /// What our login obtains.
    pub(crate) const OURS: Self = Self(2 << 3);
    /// What a login by the vendor's tool obtains.
    pub(crate) const THEIRS: Self = Self(3 << 3);
    const BITS: usize = 5;

    /// Which login it descends from; none for what is no token of this server.
    pub(crate) fn login(self) -> Option<usize> {
        usize::from(self.0 >> 3).checked_sub(1)
    }

    /// How many exchanges of its login came before it.
    pub(crate) fn place(self) -> u8 {
        self.0 & 7
    }

    /// The token of the same login at another place.
    pub(crate) fn at(self, place: u8) -> Self {
        assert!(place < 8, "a login is exchanged eight times: widen the token's place");
        Self(self.0 & !7 | place)
    }

    pub(crate) fn is_first(self) -> bool {
        self.login() == Self::FIRST.login()
    }

    pub(crate) fn is_theirs(self) -> bool {
        self.login() == Self::THEIRS.login()
    }

    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub(crate) fn pass(&mut self, bits: &mut Bits) {
        bits.number(&mut self.0, Self::BITS);
    }
}

/// A set of refresh tokens.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens(u32);

impl Tokens {
    pub(crate) fn has(self, token: Token) -> bool {
        self.0 & 1 << token.0 != 0
    }

    pub(crate) fn with(self, token: Token) -> Self {
        if token.is_none() { self } else { Self(self.0 | 1 << token.0) }
    }

    /// Whether one of them descends from the vendor's login.
    pub(crate) fn have_theirs(self) -> bool {
        self.0 >> Token::THEIRS.0 & 0xff != 0
    }

    pub(crate) fn pass(&mut self, bits: &mut Bits) {
        // The tokens of the logins, and the two that are of none.
        let (mut of_logins, mut of_none) = (self.0 >> 8, self.0 >> 1 & 3);
        bits.number(&mut of_logins, 8 * LOGINS);
        bits.number(&mut of_none, 2);
        self.0 = of_logins << 8 | of_none << 1;
    }
}
