//! What one schedule is made of, drawn from its seed.

use std::io;
use std::time::Duration;

use crate::simulation::random::Random;
use crate::simulation::tasks::Strategy;

/// How long an access token lives.
pub(super) const LIFE: Duration = Duration::from_secs(3600);
/// How long a server with grace takes a spent refresh token.
pub(super) const GRACE: Duration = Duration::from_secs(600);

/// What the server does to refresh tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rotation {
    None,
    Grace,
    Strict,
    /// Strict, and whoever sends one twice ends the login.
    Revoking,
}

/// What locks are good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Locks {
    Good,
    /// There are none.
    Absent,
    /// Others get a lock that is held.
    Lossy,
}

/// What happens to a process at one of its calls on the machine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    Kill,
    /// `Duration::MAX`: for ever.
    Stop(Duration),
    PowerCut,
    Fail(io::ErrorKind),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) process: usize,
    from: usize,
    to: usize,
    pub(super) what: Happening,
}

impl Planned {
    pub(super) fn is_at(&self, step: usize) -> bool {
        (self.from..self.to).contains(&step)
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    None,
    NotConnected,
    /// The claim is written, and then no byte leaves.
    NotSent,
    /// The server never sees it.
    LostBefore,
    /// The server acts, and its answer is lost.
    LostAfter,
    /// Status 503.
    Unavailable,
    /// The server acts, and a gateway says 504.
    GatewayTimeout,
    /// Status 429.
    Busy,
    /// The server refuses what is good.
    Refused,
    /// The server acts late, and its answer comes after the time limit.
    HangsAfter,
    /// The same, a moment after: who is stopped meanwhile finds it there.
    Slow,
    /// The request itself is on its way for longer than anybody waits.
    Delayed,
    /// No answer ever, and the server does not act.
    HangsBefore,
    /// The answer comes just before the time limit.
    Late,
    /// The server acts, and its answer is no JSON.
    Garbage,
}

const FAULTS: [Fault; 14] = [
    Fault::NotConnected,
    Fault::NotSent,
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::Unavailable,
    Fault::GatewayTimeout,
    Fault::Busy,
    Fault::Refused,
    Fault::HangsAfter,
    Fault::Slow,
    Fault::Delayed,
    Fault::HangsBefore,
    Fault::Late,
    Fault::Garbage,
];

/// What somebody does meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    Login,
    Logout,
    /// The platform's own tool reads its file and writes it again, a good while later or at once.
    VendorWrites(Duration),
    VendorLogin,
    VendorLogout,
    SetWall(Duration, bool),
    Suspend(Duration),
    /// Another process begins.
    Start,
    /// A process ends, and waits for what it has under way.
    Exit(usize),
}

/// What may go wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Weather {
    /// Nothing.
    Calm,
    /// The server is down until the end.
    Down,
    /// The clocks jump.
    Clocks,
    /// Everything.
    Storm,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) weather: Weather,
    pub(super) strategy: Strategy,
    pub(super) rotation: Rotation,
    /// Where the refresh token stays good: whether the server says it again.
    pub(super) repeats: bool,
    pub(super) locks: Locks,
    /// Client credentials, whose tokens are shared, in the place of a login.
    pub(super) client: bool,
    pub(super) mirror: bool,
    /// Whether a login ends those before it.
    pub(super) login_revokes: bool,
    pub(super) processes: usize,
    pub(super) threads: usize,
    pub(super) calls: usize,
    /// Every sleep takes so many times as long.
    pub(super) stretch: u32,
    /// How much is left of the first access token's life.
    pub(super) left: Duration,
    pub(super) happenings: Vec<Planned>,
    /// By the number of the request.
    pub(super) faults: Vec<(usize, Fault)>,
    pub(super) acts: Vec<(Duration, Act)>,
}

impl Plan {
    pub(super) fn new(random: &mut Random) -> Self {
        let weather = random.pick(&[
            Weather::Calm,
            Weather::Down,
            Weather::Clocks,
            Weather::Storm,
            Weather::Storm,
            Weather::Storm,
            Weather::Storm,
            Weather::Storm,
        ]);
        let strategy = match random.below(3) {
            0 => Strategy::Priorities { changes: 1 + random.below(4) },
            1 => Strategy::Random { stays: 0 },
            _ => Strategy::Random { stays: random.pick(&[50, 80, 95]) },
        };
        let client = random.one_in(12);
        let mut plan = Self {
            weather,
            strategy,
            rotation: random.pick(&[
                Rotation::None,
                Rotation::Grace,
                Rotation::Strict,
                Rotation::Revoking,
                Rotation::Revoking,
            ]),
            repeats: random.coin(),
            locks: random.pick(&[Locks::Good, Locks::Good, Locks::Absent, Locks::Lossy]),
            client,
            mirror: !client && random.one_in(3),
            login_revokes: false,
            processes: 1 + random.below(3),
            threads: 1 + random.below(2),
            calls: 1 + random.below(3),
            stretch: random.pick(&[1, 10, 40, 40]),
            left: Duration::from_secs(random.pick(&[0, 0, 30, 400, 3600])),
            happenings: Vec::new(),
            faults: Vec::new(),
            acts: Vec::new(),
        };
        match weather {
            Weather::Calm | Weather::Down => plan.locks = Locks::Good,
            Weather::Clocks => plan.jump(random),
            Weather::Storm => plan.storm(random),
        }
        if random.one_in(4) {
            let process = 1 + random.below(plan.processes);
            plan.acts.push((moment(random), Act::Exit(process)));
        }
        plan.acts.sort_by_key(|(at, _)| *at);
        plan
    }

    fn jump(&mut self, random: &mut Random) {
        self.locks = Locks::Good;
        self.mirror = false;
        let at = moment(random);
        let by = Duration::from_secs(random.pick(&[3, 90, 3_000, 86_400]));
        let act = match random.below(3) {
            0 => Act::Suspend(by),
            1 => Act::SetWall(by, true),
            _ => Act::SetWall(by, false),
        };
        self.acts.push((at, act));
    }

    fn storm(&mut self, random: &mut Random) {
        for _ in 0..random.below(3) {
            let process = 1 + random.below(self.processes);
            let within = random.pick(&[60, 150, 400]);
            let from = 1 + random.below(within);
            let what = match random.below(8) {
                0..3 => Happening::Kill,
                3..5 => Happening::Stop(random.pick(&[
                    Duration::from_secs(1),
                    Duration::from_secs(30),
                    Duration::from_secs(1000),
                    Duration::MAX,
                ])),
                5 => Happening::PowerCut,
                _ => Happening::Fail(random.pick(&[
                    io::ErrorKind::StorageFull,
                    io::ErrorKind::Other,
                    io::ErrorKind::ReadOnlyFilesystem,
                    io::ErrorKind::PermissionDenied,
                ])),
            };
            let lasts = if matches!(what, Happening::Fail(_)) { random.pick(&[1, 1, 20]) } else { 1 };
            self.happenings.push(Planned { process, from, to: from + lasts, what });
        }
        for _ in 0..random.below(3) {
            self.faults.push((random.below(4), random.pick(&FAULTS)));
        }
        for _ in 0..random.below(3) {
            let act = match random.below(8) {
                0..3 => Act::Login,
                3 => Act::Logout,
                4 => Act::Start,
                _ if !self.mirror => Act::Start,
                5 => Act::VendorWrites(random.pick(&[
                    Duration::ZERO,
                    Duration::from_secs(5),
                    Duration::from_secs(3000),
                ])),
                6 => Act::VendorLogin,
                _ => Act::VendorLogout,
            };
            self.acts.push((moment(random), act));
        }
        let vendor = self.acts.iter().any(|(_, act)| matches!(act, Act::VendorWrites(_) | Act::VendorLogin));
        self.login_revokes = !vendor && random.coin();
    }

    /// Whether nobody ends amid what it does.
    pub(super) fn is_undisturbed(&self) -> bool {
        self.happenings.is_empty() && !self.acts.iter().any(|(_, act)| matches!(act, Act::Exit(_)))
    }

    /// Whether nothing goes wrong.
    pub(super) fn is_calm(&self) -> bool {
        self.weather == Weather::Calm
    }
}

/// When something happens, since the callers began.
fn moment(random: &mut Random) -> Duration {
    let about = random.pick(&[0, 0, 1, 30, 3000, 3600, 3700]);
    Duration::from_secs(about) + random.micros(1, 50_000)
}
