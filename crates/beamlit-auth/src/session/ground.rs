//! What the sessions and logins of one process stand on.

use std::sync::Arc;

use crate::config::{Environment, Settings};
use crate::error::Result;
use crate::flight::{Connect, Flights};
use crate::http::{Door, Http};
use crate::sys::{System, Unix};

/// The flights that sessions of this process share.
static FLIGHTS: Flights = Flights::new();

/// The machine, the way to servers, and what a process has of its own. The simulation has processes on other grounds.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) system: Arc<dyn System>,
    pub(crate) connect: fn() -> Connect,
    pub(crate) flights: &'static Flights,
    pub(crate) environment: fn() -> Result<Environment>,
}

impl Ground {
    /// This process on the real machine.
    pub(crate) fn real() -> Self {
        Self {
            system: Arc::new(Unix),
            connect: real_connect,
            flights: &FLIGHTS,
            environment: Environment::read,
        }
    }
}

/// The real HTTP door.
pub(crate) fn real_connect() -> Connect {
    Box::new(|settings: &Settings, system| -> Result<Box<dyn Http>> {
        Ok(Box::new(Door::new(settings.door.clone(), system)?))
    })
}
