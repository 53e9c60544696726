//! Stores: where logins live.

use std::ffi::{c_char, c_void};

use beamlit_core::Result;
use beamlit_core::store::{Choice, Entry};

use crate::boundary::{bytes, guard, needed, text, wrong};
use crate::custom_store::{Custom, Lock, User};
use crate::status::Status;

/// A place for logins. Made from its URI or from functions, then copied into a config.
pub struct Store(pub(crate) Result<Place>);

/// What a store is made from.
pub(crate) enum Place {
    Uri(String),
    Custom(Custom),
}

/// What the read function of a store fills in.
pub struct StoreEntry(pub(crate) Result<Option<Entry>>);

impl Store {
    /// The core's store.
    ///
    /// # Errors
    /// What was wrong with what it was made from.
    pub(crate) fn core(&self) -> Result<Choice> {
        match &self.0 {
            Ok(Place::Uri(uri)) => Ok(uri.as_str().into()),
            Ok(Place::Custom(custom)) => Ok(custom.clone().into()),
            Err(error) => Err(error.clone()),
        }
    }
}

/// Reads an entry: calls `beamlit_store_entry_set`, or leaves `entry` as it is where there is none, and gives
/// `BEAMLIT_OK`.
pub type StoreRead =
    Option<extern "C" fn(user: *mut c_void, key: *const c_char, entry: &mut StoreEntry) -> Status>;

/// Puts data in the place of the entry of that version, "" for none; durable when it returns. `BEAMLIT_STORE_BUSY` if the
/// version is another one now.
pub type StoreWrite = Option<
    extern "C" fn(
        user: *mut c_void,
        key: *const c_char,
        data: *const u8,
        size: usize,
        version: *const c_char,
    ) -> Status,
>;

/// Removes the entry of that version. `BEAMLIT_STORE_BUSY` if the version is another one now.
pub type StoreDelete =
    Option<extern "C" fn(user: *mut c_void, key: *const c_char, version: *const c_char) -> Status>;

/// Waits for the lock of a key, so many milliseconds at most. `BEAMLIT_STORE_BUSY` if somebody held it all the time.
pub type StoreLock = Option<extern "C" fn(user: *mut c_void, key: *const c_char, timeout_ms: i64) -> Status>;

/// Lets go of the lock of a key.
pub type StoreUnlock = Option<extern "C" fn(user: *mut c_void, key: *const c_char)>;

/// Called with the pointer of a store that is used no more.
pub type StoreDrop = Option<extern "C" fn(user: *mut c_void)>;

/// Makes a store from its URI. Never NULL; free it with `beamlit_store_free`. Opens nothing.
///
/// | URI | where logins live |
/// |---|---|
/// | `file` | below the platform's folder in the home folder |
/// | `file:PATH` | in that folder; the path is absolute |
/// | `encrypted-file:PATH` | in that folder, sealed with `beamlit_config_set_passphrase` |
/// | `memory` | in the session that comes of the login, and no longer than it |
/// | `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` with TLS, `redis+unix:///PATH[?db=DATABASE]` | in Redis, for the programs of many hosts; in a library that was built with the feature `redis` only, else `BEAMLIT_UNSUPPORTED` |
///
/// With Redis the tokens of client credentials are shared (`beamlit_config_set_share`). A login whose refresh tokens the
/// server spends is refused there with `BEAMLIT_INVALID_CONFIG` unless the URI ends in `?rotating=1`, which accepts a weaker
/// promise: one primary with `appendfsync always`, and a fail-over or a crash that loses writes may cost the login or send
/// its refresh token twice. Each operation takes 2 seconds at most, and a server that cannot be reached is left alone for 5.
///
/// Any other URI is reported by the next call that uses a config which has the store.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_store_new(uri: *const c_char) -> Option<Box<Store>> {
    guard(None, || Some(Box::new(Store(text(&uri, "store uri").map(|uri| Place::Uri(uri.to_owned()))))))
}

/// Makes a store of one's own from its functions. Never NULL; free it with `beamlit_store_free`. A NULL is reported by
/// the next call that uses a config which has the store; `drop` may be NULL.
///
/// `name` is what errors call it. A key is of letters, digits, `-`, `_` and `.`, 200 at most, and no secret; data is
/// opaque, secret, and 1 MiB at most. A version is the store's own text, "" stands for no entry, and no version comes
/// twice for a key. Write and remove are a compare-and-set on it: everything rests on that, also between several hosts. No
/// function tells a new version: the library reads again.
///
/// What a function answers besides `BEAMLIT_OK` and `BEAMLIT_STORE_BUSY` fails the call that needed it: with its own
/// status if that is `BEAMLIT_STORE_LOCKED`, `BEAMLIT_STORE_CORRUPT` or `BEAMLIT_UNSUPPORTED`, else with
/// `BEAMLIT_STORE_UNAVAILABLE`.
///
/// Functions get `user`. They are called on the thread of a call and on threads of the library, several at once, also in a
/// child after a fork; they must not throw, and must not call back into a session of the store. Their strings are good for
/// the call only. `drop` gets `user` when neither the store nor any config or session has the store any more.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_store_new_custom(
    name: *const c_char,
    user: *mut c_void,
    read: StoreRead,
    write: StoreWrite,
    remove: StoreDelete,
    drop: StoreDrop,
) -> Option<Box<Store>> {
    guard(None, || {
        // Whatever is wrong with the rest, the pointer is dropped with the store.
        let user = User::new(user, drop);
        let custom = || {
            let name = text(&name, "name")?.to_owned();
            let (read, write) = (needed(read, "read")?, needed(write, "write")?);
            Ok(Place::Custom(Custom {
                name,
                user,
                read,
                write,
                remove: needed(remove, "remove")?,
                lock: None,
            }))
        };
        Some(Box::new(Store(custom())))
    })
}

/// Gives a store of one's own a lock. It only queues those who would renew the same login at once; without it, the programs
/// of this user on this host queue by a file, and versions catch those of other hosts. The configs that the store was
/// copied into before keep theirs.
///
/// Both functions have to be there: else, and for a store of a URI, the next call that uses a config which has the store
/// says so. `unlock` is called once for each `lock` that gave `BEAMLIT_OK`, maybe on another thread.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_store_set_lock(store: Option<&mut Store>, lock: StoreLock, unlock: StoreUnlock) {
    guard((), || {
        let Some(Store(place)) = store else { return };
        let functions = || Ok(Lock { lock: needed(lock, "lock")?, unlock: needed(unlock, "unlock")? });
        match (place.as_mut(), functions()) {
            (Ok(Place::Custom(custom)), Ok(functions)) => custom.lock = Some(functions),
            (Ok(Place::Custom(_)), Err(error)) => *place = Err(error),
            (Ok(Place::Uri(_)), _) => {
                *place = Err(wrong("store", "has a lock of its own; set one for functions"));
            }
            (Err(_), _) => {}
        }
    });
}

/// Fills in, in a read function, what was read: data, which is copied, and its version. NULL data of size 0 is no data.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_store_entry_set(
    entry: Option<&mut StoreEntry>,
    data: *const u8,
    size: usize,
    version: *const c_char,
) {
    guard((), || {
        if let Some(StoreEntry(entry)) = entry {
            let data = bytes(&data, size, "data");
            *entry = data.and_then(|data| Ok(Some(Entry::new(data, text(&version, "version")?))));
        }
    });
}

/// Frees a store; the configs that it was copied into keep their copies. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_store_free(store: Option<Box<Store>>) {
    guard((), || drop(store));
}
