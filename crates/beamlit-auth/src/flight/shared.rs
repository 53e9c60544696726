//! The flights of one process, where sessions of the same login find each other.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::error::Result;
use crate::flight::{Connect, Flight};
use crate::record::Record;
use crate::renewal::Renewal;
use crate::sys::{Mutex, PerProcess, System};

/// A login by its store's name and its key there.
type Place = (String, String);

/// The flights of logins that every process sees, as long as some session holds them. A forked child begins anew: what
/// its parent's sessions share it shares too, and what it opens itself has a flight of its own.
pub(crate) struct Flights(PerProcess<Mutex<HashMap<Place, Vec<Weak<Flight>>>>>);

impl Flights {
    pub(crate) const fn new() -> Self {
        Self(PerProcess::empty())
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
        let own = self.0.get(&*system, || Ok(Mutex::new(HashMap::new())))?;
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
