//! Times as Python has them: numbers of seconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use beamlit_auth::ErrorKind;
use pyo3::prelude::*;

use crate::error::{Failure, Result};

/// There is no "for ever": longer waits are this long.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A length of time that a caller passed: an int or a float, 0 or more. What is longer than 24 h is 24 h.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Duration);

impl Seconds {
    /// The longest wait that there is.
    pub(crate) const LONGEST: Self = Self(LONGEST);

    /// # Errors
    /// `InvalidArgument` for less than nothing.
    pub(crate) fn new(seconds: f64) -> Result<Self> {
        if seconds.is_nan() || seconds < 0.0 {
            let message = "a time in seconds is 0 or more; None is the default";
            return Err(Failure::new(ErrorKind::InvalidArgument, message));
        }
        Ok(Self(Duration::try_from_secs_f64(seconds).map_or(LONGEST, |length| length.min(LONGEST))))
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Seconds {
    type Error = PyErr;

    fn extract(number: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self::new(number.extract()?)?)
    }
}

/// Seconds since 1970.
pub(crate) fn unix(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// How far off a moment is, for people: `expires in 71 min`.
pub(crate) fn expires(at: SystemTime) -> String {
    match at.duration_since(SystemTime::now()) {
        Err(_) => "expired".to_owned(),
        Ok(left) if left.as_secs() < 120 => format!("expires in {} s", left.as_secs()),
        Ok(left) => format!("expires in {} min", left.as_secs() / 60),
    }
}
