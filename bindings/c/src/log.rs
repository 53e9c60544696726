//! The log sink: the library's events, handed to a function of the program.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use arc_swap::ArcSwapOption;
use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::boundary::{c_string, guard};

/// A renewal or a call failed for good.
pub const BEAMLIT_LOG_ERROR: i32 = 1;
/// Something failed that is tried again, or looks like a mistake.
pub const BEAMLIT_LOG_WARN: i32 = 2;
/// What was done.
pub const BEAMLIT_LOG_INFO: i32 = 3;

// Below that level the HTTP library logs requests and answers as they are. A build that lets them through is no build.
const _: () = assert!(log::STATIC_MAX_LEVEL as usize <= LevelFilter::Info as usize);

/// The program's function, and what it wants to be called with.
struct Sink {
    call: extern "C" fn(user: *mut c_void, level: i32, line: *const c_char),
    user: AtomicPtr<c_void>,
}

/// Where events go now. No lock: the sink may be called on any thread, and may itself set another one.
static SINK: ArcSwapOption<Sink> = ArcSwapOption::const_empty();

struct Logger;

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("beamlit_auth")
    }

    fn log(&self, record: &Record<'_>) {
        let sink = if self.enabled(record.metadata()) { SINK.load_full() } else { None };
        if let Some(sink) = sink {
            let level = match record.level() {
                Level::Error => BEAMLIT_LOG_ERROR,
                Level::Warn => BEAMLIT_LOG_WARN,
                Level::Info | Level::Debug | Level::Trace => BEAMLIT_LOG_INFO,
            };
            let line = c_string(&record.args().to_string());
            (sink.call)(sink.user.load(Ordering::Relaxed), level, line.as_ptr());
        }
    }

    fn flush(&self) {}
}

/// Hands the library's events to `sink`: those of `max_level` and the more severe ones. One sink serves the process; a
/// later call replaces it, and NULL, or a level below `BEAMLIT_LOG_ERROR`, ends it.
///
/// `sink` gets `user`, the level and one line, which is good for the call only and never holds a secret. It is called
/// on the thread that the event is of, which may be one of the library's own, and on several at once. It must not
/// throw, and must not call back into the session that the event is of. `user` must outlive every call that is under
/// way when the sink is replaced.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_log_set(
    sink: Option<extern "C" fn(user: *mut c_void, level: i32, line: *const c_char)>,
    user: *mut c_void,
    max_level: i32,
) {
    guard((), || {
        // It fails when the logger is there already, which is just as well.
        let _ = log::set_logger(&Logger);
        SINK.store(sink.map(|call| Arc::new(Sink { call, user: AtomicPtr::new(user) })));
        log::set_max_level(match (sink, max_level) {
            (None, _) | (_, ..BEAMLIT_LOG_ERROR) => LevelFilter::Off,
            (_, BEAMLIT_LOG_ERROR) => LevelFilter::Error,
            (_, BEAMLIT_LOG_WARN) => LevelFilter::Warn,
            _ => LevelFilter::Info,
        });
    });
}
