//! The authorization server, as far as it looks at refresh tokens.

use super::model::Protocol;
use super::seen::Bits;
use super::token::{LOGINS, Token};

/// What the server answers to a refresh token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// The same token, which stays good.
    Same,
    /// The next one, and for a time of grace once more the same next one; after that, reuse is theft.
    NextWithGrace,
    /// The next one; the old one is refused.
    Next,
    /// The next one; the old one is taken for stolen, and ends the login.
    NextAndRevokes,
}

/// What ended a login.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Not,
    /// The server, at the use of an old token.
    ByReuse,
    /// The user, who logged out or in anew.
    ByUser,
    /// We, who revoked an answer.
    ByUs,
}

impl Ended {
    const ALL: [Self; 4] = [Self::Not, Self::ByReuse, Self::ByUser, Self::ByUs];
}

/// What the server knows of each login.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Server {
    /// The place of the newest token.
    newest: [u8; LOGINS],
    ended: [Ended; LOGINS],
    /// The token before the newest one is still in its time of grace.
    pub(crate) grace: [bool; LOGINS],
    pub(crate) reuse_detected: bool,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self {
            newest: [0; LOGINS],
            ended: [Ended::Not; LOGINS],
            grace: [false; LOGINS],
            reuse_detected: false,
        }
    }

    /// Ends the login that a token descends from.
    pub(crate) fn end(&mut self, token: Token, by: Ended) {
        if let Some(login) = token.login() {
            self.ended[login] = by;
        }
    }

    pub(crate) fn ended(&self, token: Token) -> Ended {
        token.login().map_or(Ended::Not, |login| self.ended[login])
    }

    pub(crate) fn pass(&mut self, bits: &mut Bits) {
        for login in 0..LOGINS {
            bits.number(&mut self.newest[login], 3);
            bits.choice(&mut self.ended[login], &Ended::ALL);
            bits.flag(&mut self.grace[login]);
        }
        bits.flag(&mut self.reuse_detected);
    }
}

impl Protocol {
    /// Whether the server would accept a refresh token.
    pub(crate) fn accepts(&self, server: &Server, token: Token) -> bool {
        let Some(login) = token.login() else { return false };
        let newest = server.newest[login];
        let current = self.setup.server == Answers::Same || token.place() == newest;
        let in_grace = server.grace[login] && token.place() + 1 == newest;
        (current || in_grace) && server.ended[login] == Ended::Not
    }

    /// The token endpoint's answer to a refresh token: another one, or `invalid_grant`.
    pub(crate) fn exchange(&self, server: &mut Server, token: Token) -> Option<Token> {
        let login = token.login()?;
        if !self.accepts(server, token) {
            let watches = matches!(self.setup.server, Answers::NextWithGrace | Answers::NextAndRevokes);
            if watches && server.ended[login] == Ended::Not {
                server.ended[login] = Ended::ByReuse;
                server.reuse_detected = true;
            }
            return None;
        }
        if self.setup.server != Answers::Same && token.place() == server.newest[login] {
            server.newest[login] += 1;
            server.grace[login] = self.setup.server == Answers::NextWithGrace;
        }
        Some(token.at(server.newest[login]))
    }
}
