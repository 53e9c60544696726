//! The authorization server, and the network in front of it.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, Request, Response};
use crate::simulation::invariants;
use crate::simulation::plan::{Fault, GRACE, LIFE, Plan, Rotation, Weather};
use crate::simulation::tasks;
use crate::simulation::world::{self, World};

pub(super) struct Server {
    rotation: Rotation,
    repeats: bool,
    login_revokes: bool,
    faults: Vec<(usize, Fault)>,
    pub(super) is_down: bool,
    tokens: HashMap<String, Token>,
    pub(super) families: Vec<Family>,
    flying: Vec<Flying>,
    issued: usize,
    /// How many refresh tokens were presented, and how often in vain by a fault.
    pub(super) requests: usize,
    /// When a request last failed because the server is down.
    pub(super) failed_at: Option<Duration>,
}

/// A refresh token.
struct Token {
    family: usize,
    spent_at: Option<Duration>,
    heir: Option<String>,
}

/// All refresh tokens of one login.
#[derive(Default)]
pub(super) struct Family {
    /// Somebody logged in again, where that ends the logins before.
    pub(super) is_ended: bool,
    /// The server has refused one of its tokens.
    pub(super) was_refused: bool,
    /// Which of the things that people did this login was; 0 if the platform's tool has not yet written it down.
    pub(super) order: usize,
}

/// A request on its way, and its answer.
struct Flying {
    process: usize,
    grant: Grant,
    fault: Fault,
    arrives: Duration,
    acted: bool,
    answer: Option<(Duration, Option<(u16, String)>)>,
}

#[derive(Clone)]
enum Grant {
    Refresh(String),
    Device,
    Client,
}

/// The way to the server from one process.
pub(super) struct Way(pub(super) usize);

impl Server {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            rotation: plan.rotation,
            repeats: plan.repeats,
            login_revokes: plan.login_revokes,
            faults: plan.faults.clone(),
            is_down: false,
            tokens: HashMap::new(),
            families: Vec::new(),
            flying: Vec::new(),
            issued: 0,
            requests: 0,
            failed_at: None,
        }
    }

    /// A new login: its refresh token.
    pub(super) fn log_in(&mut self, order: usize) -> String {
        if self.login_revokes {
            self.families.iter_mut().for_each(|family| family.is_ended = true);
        }
        self.families.push(Family { order, ..Family::default() });
        self.issue(self.families.len() - 1)
    }

    fn issue(&mut self, family: usize) -> String {
        self.issued += 1;
        let text = format!("rt-CANARY-{family}-{}", self.issued);
        self.tokens.insert(text.clone(), Token { family, spent_at: None, heir: None });
        text
    }

    pub(super) fn access_token(&mut self) -> String {
        self.issued += 1;
        format!("at-CANARY-{}", self.issued)
    }

    /// The login that a refresh token is of.
    pub(super) fn family_of(&self, token: &str) -> Option<usize> {
        self.tokens.get(token).map(|token| token.family)
    }

    /// The server works again.
    pub(super) fn heal(&mut self) {
        self.faults.clear();
        self.is_down = false;
    }

    /// Requests that have not arrived when the power is cut never do, or have done so just before.
    pub(super) fn cut(&mut self) {
        for flying in &mut self.flying {
            flying.acted = true;
        }
    }

    pub(super) fn next_arrived(&self, now: Duration) -> Option<usize> {
        let arrived = |flying: &Flying| !flying.acted && flying.arrives <= now;
        (0..self.flying.len()).filter(|i| arrived(&self.flying[*i])).min_by_key(|i| self.flying[*i].arrives)
    }

    /// When the next request arrives.
    pub(super) fn next_arrival(&self) -> Option<Duration> {
        self.flying.iter().filter(|flying| !flying.acted).map(|flying| flying.arrives).min()
    }

    /// The server acts on what has arrived.
    pub(super) fn act(world: &mut World, index: usize) {
        let flying = &mut world.server.flying[index];
        flying.acted = true;
        let (grant, fault, arrived) = (flying.grant.clone(), flying.fault, flying.arrives);
        let acts = !matches!(
            fault,
            Fault::LostBefore | Fault::HangsBefore | Fault::Unavailable | Fault::Busy | Fault::Refused
        );
        let good = acts.then(|| Self::grant(world, &grant));
        let answer = match fault {
            Fault::LostBefore | Fault::LostAfter => None,
            Fault::Unavailable => Some((503, String::new())),
            Fault::GatewayTimeout => Some((504, "<html>".to_owned())),
            Fault::Busy => Some((429, json!({"error": "slow_down"}).to_string())),
            Fault::Refused => {
                if let Grant::Refresh(token) = &grant {
                    world.server.refuse(token);
                }
                Some((400, json!({"error": "invalid_grant"}).to_string()))
            }
            Fault::Garbage => Some((200, "{".to_owned())),
            _ => good,
        };
        let comes = match fault {
            Fault::HangsAfter | Fault::HangsBefore => arrived + Duration::from_secs(3600),
            Fault::Slow => arrived + Duration::from_secs(21),
            _ => arrived + world.random.micros(500, 40_000),
        };
        world.tell(&format!("server: {fault:?}, {:?}", answer.as_ref().map(|(status, _)| status)));
        world.server.flying[index].answer = Some((comes, answer));
    }

    fn refuse(&mut self, token: &str) {
        if let Some(family) = self.family_of(token) {
            self.families[family].was_refused = true;
        }
    }

    fn grant(world: &mut World, grant: &Grant) -> (u16, String) {
        let mut members = json!({"token_type": "Bearer", "expires_in": LIFE.as_secs()});
        match grant {
            Grant::Client => {}
            Grant::Device => {
                let order = world.ghost.next_order();
                members["refresh_token"] = Value::from(world.server.log_in(order));
            }
            Grant::Refresh(token) => {
                let Some(refresh_token) = Self::refresh(world, token) else {
                    world.server.refuse(token);
                    return (400, json!({"error": "invalid_grant"}).to_string());
                };
                // A server may leave out what stays as it is.
                if world.server.repeats || refresh_token != *token {
                    members["refresh_token"] = Value::from(refresh_token);
                }
            }
        }
        members["access_token"] = Value::from(world.server.access_token());
        (200, members.to_string())
    }

    /// What becomes of a refresh token that is presented; `None`: it is refused.
    fn refresh(world: &mut World, presented: &str) -> Option<String> {
        let now = world.boot();
        let rotation = world.server.rotation;
        let token = world.server.tokens.get(presented)?;
        let (family, spent_at, heir) = (token.family, token.spent_at, token.heir.clone());
        if world.server.families[family].is_ended {
            return None;
        }
        if rotation == Rotation::None {
            return Some(presented.to_owned());
        }
        if let Some(spent_at) = spent_at {
            if rotation == Rotation::Grace && now.saturating_sub(spent_at) <= GRACE {
                return heir;
            }
            world.violate("I2 a spent refresh token was presented again");
            world.server.families[family].is_ended |= rotation == Rotation::Revoking;
            return None;
        }
        let heir = world.server.issue(family);
        let token = world.server.tokens.get_mut(presented)?;
        (token.spent_at, token.heir) = (Some(now), Some(heir.clone()));
        Some(heir)
    }

    fn fault_of(&mut self, grant: &Grant) -> Fault {
        if self.is_down {
            return Fault::Unavailable;
        }
        if !matches!(grant, Grant::Refresh(_)) {
            return Fault::None;
        }
        self.requests += 1;
        let number = self.requests - 1;
        self.faults.iter().find(|(at, _)| *at == number).map_or(Fault::None, |(_, fault)| *fault)
    }
}

impl Way {
    fn killed() -> Error {
        Error::new(ErrorKind::NetworkError, "killed")
    }

    fn wait(&self, time: Duration) -> Result<()> {
        tasks::sleep(time);
        if world::is_dead(self.0) { Err(Self::killed()) } else { Ok(()) }
    }

    /// One request and its answer.
    fn ask(
        &self,
        grant: &Grant,
        request: &Request,
        before_first_byte: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Response> {
        let (fault, pause) =
            world::with(|world| (world.server.fault_of(grant), world.random.micros(200, 20_000)));
        self.wait(pause)?;
        if fault == Fault::NotConnected {
            return Err(Error::new(ErrorKind::NetworkError, "no connection"));
        }
        before_first_byte()?;
        tasks::switch();
        let sent = world::with(|world| self.send(world, grant, fault, request.deadline))?;
        loop {
            let now = world::now();
            let answer = world::with(|world| world.server.flying[sent].answer.clone());
            match answer {
                Some((comes, answer)) if comes <= now => {
                    return world::with(|world| self.read(world, sent, answer));
                }
                _ if now >= request.deadline || world::is_dead(self.0) => {
                    return Err(Error::new(ErrorKind::DeadlineExceeded, "no answer in time"));
                }
                Some((comes, _)) => self.wait(comes.min(request.deadline).saturating_sub(now))?,
                None => {
                    let arrives = world::with(|world| world.server.flying[sent].arrives);
                    let until = arrives.min(request.deadline).max(now + Duration::from_millis(1));
                    self.wait(until.saturating_sub(now))?;
                }
            }
        }
    }

    /// The request leaves, if there is time for it. That is looked at and done in one step.
    fn send(&self, world: &mut World, grant: &Grant, fault: Fault, deadline: Duration) -> Result<usize> {
        if world.is_dead(self.0) {
            return Err(Self::killed());
        }
        if fault == Fault::NotSent || world.monotonic() >= deadline {
            return Err(Error::new(ErrorKind::NetworkError, "nothing left").with_nothing_sent());
        }
        if let Grant::Refresh(token) = grant {
            world.tell(&format!("sends {token}"));
            invariants::before_send(world, self.0, token);
            invariants::fault_in_flight(world, fault);
        }
        let late = match fault {
            Fault::Late | Fault::HangsAfter => 15_000_000,
            // A replay that arrives after the time of grace is theft to the server, and nobody can call it back.
            Fault::Delayed if world.plan.rotation == Rotation::Grace => 15_000_000,
            Fault::Delayed => world.random.pick(&[25_000_000, 100_000_000]),
            _ => 0,
        };
        let arrives = world.monotonic() + world.random.micros(late + 500, late + 40_000);
        let flying =
            Flying { process: self.0, grant: grant.clone(), fault, arrives, acted: false, answer: None };
        world.server.flying.push(flying);
        Ok(world.server.flying.len() - 1)
    }

    fn read(&self, world: &mut World, sent: usize, answer: Option<(u16, String)>) -> Result<Response> {
        if world.is_dead(self.0) {
            return Err(Self::killed());
        }
        let Some((status, body)) = answer else {
            return Err(Error::new(ErrorKind::NetworkError, "the connection was reset"));
        };
        let flying = &world.server.flying[sent];
        assert_eq!(flying.process, self.0);
        if let (Grant::Refresh(token), 429) = (flying.grant.clone(), status) {
            invariants::not_issued(world, &token);
        }
        if status == 503 && world.plan.weather == Weather::Down {
            world.server.failed_at = Some(world.monotonic());
        }
        Ok(response(status, &body))
    }
}

impl Http for Way {
    fn exchange(&self, request: &Request) -> Result<Response> {
        if request.url.as_str().ends_with("/login/device") {
            self.wait(Duration::from_millis(5))?;
            let body = json!({
                "device_code": "dc-CANARY", "user_code": "AAAA-BBBB", "interval": 5, "expires_in": 600,
                "verification_uri": "https://app.beamlit.com/device",
            });
            return Ok(response(200, &body.to_string()));
        }
        self.ask(&Grant::Client, request, &mut || Ok(()))
    }

    fn exchange_once(
        &self,
        request: &Request,
        before_first_byte: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Response> {
        let body = request.body.as_ref().map_or("", |body| body.text.reveal());
        let body: Value = serde_json::from_str(body).expect("the platform's requests are JSON");
        let grant = match body["refresh_token"].as_str() {
            Some(token) => Grant::Refresh(token.to_owned()),
            None => Grant::Device,
        };
        self.ask(&grant, request, before_first_byte)
    }
}

fn response(status: u16, body: &str) -> Response {
    let content_type = Some("application/json".to_owned());
    Response { status, content_type, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) }
}
