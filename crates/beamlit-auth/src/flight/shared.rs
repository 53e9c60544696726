//! The flights of one process, where sessions of the same login find each other.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::cache::Snapshot;
use crate::error::Result;
use crate::flight::timer::Timer;
use crate::flight::{Connect, Flight};
use crate::record::Record;
use crate::renewal::Renewal;
use crate::sys::{Mutex, PerProcess, System};

/// A login by its store's name and its key there.
type Place = (String, String);

/// The flights of logins that every process sees, as long as some session holds them. A forked child begins anew: what
/// its parent's sessions share it shares too, and what it opens itself has a flight of its own.
pub(crate) struct Flights {
    of_logins: PerProcess<Mutex<HashMap<Place, Vec<Weak<Flight>>>>>,
    /// What looks after those, and after any other, by the clock.
    pub(crate) timer: Timer,
}

impl Flights {
    pub(crate) const fn new() -> Self {
        Self { of_logins: PerProcess::empty(), timer: Timer::new() }
    }

    /// A flight for `renewal` that goes on from `record`: that of another session if it makes the same of the same
    /// login, else a new one.
    pub(crate) fn join(
        &self,
        renewal: Renewal,
        record: &Record,
        system: Arc<dyn System>,
        connect: Connect,
    ) -> Result<Arc<Flight>> {
        let Some(place) = renewal.shared_place() else {
            return Flight::of_record(renewal, record, system, connect);
        };
        let own = self.of_logins.get(&*system, || Ok(Mutex::new(HashMap::new())))?;
        let mut flights = own.1.lock();
        for flight in flights.get(&place).into_iter().flatten().filter_map(Weak::upgrade) {
            if flight.renewal.settings.is_like(&renewal.settings) && flight.goes_on_from(record)? {
                return Ok(flight);
            }
        }
        let flight = Flight::of_record(renewal, record, system, connect)?;
        flights.retain(|_, of_login| {
            of_login.retain(|flight| flight.strong_count() > 0);
            !of_login.is_empty()
        });
        flights.entry(place).or_default().push(Arc::downgrade(&flight));
        Ok(flight)
    }
}

impl Flight {
    /// A flight that goes on from `record`: what it holds is published, whatever it is still good for.
    fn of_record(
        renewal: Renewal,
        record: &Record,
        system: Arc<dyn System>,
        connect: Connect,
    ) -> Result<Arc<Self>> {
        let flight = Arc::new(Self::new(renewal, system, connect)?);
        if let Some(snapshot) = flight.renewal.recorded(record, flight.now())? {
            flight.cache.publish(snapshot, &mut flight.tower()?.1.state.lock().writer);
        }
        Ok(flight)
    }

    /// Whether this flight goes on from `record`: it holds the same token, or an older one, which is replaced. A record
    /// that stays behind what this flight holds is another login in its place, unless what is newer could not be written
    /// down yet.
    fn goes_on_from(&self, record: &Record) -> Result<bool> {
        let number = |snapshot: &Option<Arc<Snapshot>>| snapshot.as_ref().map_or(0, |it| it.generation());
        let held = self.cache.current();
        let mut found = self.renewal.recorded(record, self.now())?;
        // It may have been renewed after the record had been read.
        if number(&found) < number(&held)
            && let Some(record) = self.renewal.record()?
        {
            found = self.renewal.recorded(&record, self.now())?;
        }
        match (found, held) {
            (Some(found), Some(held)) if found.generation() == held.generation() => {
                let (found, held) = (&found.token, &held.token);
                Ok(found.reveal() == held.reveal() && found.expires_at() == held.expires_at())
            }
            (found, held) if number(&found) < number(&held) => Ok(self.renewal.has_unwritten()),
            (Some(found), _) => self.overtake(found).map(|()| true),
            (None, _) => Ok(true),
        }
    }

    /// Publishes a token that is newer than the one held, if it still is.
    fn overtake(&self, found: Arc<Snapshot>) -> Result<()> {
        let own = self.tower()?;
        let mut state = own.1.state.lock();
        if self.cache.lend(Snapshot::generation).is_none_or(|held| held < found.generation()) {
            self.cache.publish(found, &mut state.writer);
            state.was_overtaken();
        }
        Ok(())
    }
}
