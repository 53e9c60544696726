//! A store that is made of functions of the program.

use std::ffi::{CString, c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;

use beamlit_core::store::{Entry, Guard, Store, StoreError};

use crate::boundary::c_string;
use crate::status::{
    BEAMLIT_OK, BEAMLIT_STORE_BUSY, BEAMLIT_STORE_CORRUPT, BEAMLIT_STORE_LOCKED, BEAMLIT_UNSUPPORTED, Status,
};
use crate::store::{StoreDrop, StoreEntry};

type Result<T> = std::result::Result<T, StoreError>;

/// The functions, and what they are called with.
#[derive(Clone)]
pub(crate) struct Custom {
    pub(crate) name: String,
    pub(crate) user: Arc<User>,
    pub(crate) read: extern "C" fn(*mut c_void, *const c_char, &mut StoreEntry) -> Status,
    pub(crate) write: extern "C" fn(*mut c_void, *const c_char, *const u8, usize, *const c_char) -> Status,
    pub(crate) remove: extern "C" fn(*mut c_void, *const c_char, *const c_char) -> Status,
    pub(crate) lock: Option<Lock>,
}

/// The functions of a lock.
#[derive(Clone, Copy)]
pub(crate) struct Lock {
    pub(crate) lock: extern "C" fn(*mut c_void, *const c_char, i64) -> Status,
    pub(crate) unlock: extern "C" fn(*mut c_void, *const c_char),
}

/// The program's pointer, dropped once nobody has it any more.
pub(crate) struct User {
    pointer: AtomicPtr<c_void>,
    drop: StoreDrop,
}

impl User {
    pub(crate) fn new(pointer: *mut c_void, drop: StoreDrop) -> Arc<Self> {
        Arc::new(Self { pointer: AtomicPtr::new(pointer), drop })
    }

    fn pointer(&self) -> *mut c_void {
        self.pointer.load(Ordering::Relaxed)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            drop(self.pointer());
        }
    }
}

/// A lock that is held.
struct Held {
    user: Arc<User>,
    key: CString,
    unlock: extern "C" fn(*mut c_void, *const c_char),
}

impl Drop for Held {
    fn drop(&mut self) {
        (self.unlock)(self.user.pointer(), self.key.as_ptr());
    }
}

impl Custom {
    /// What a function's answer says.
    fn answered(&self, function: &str, status: Status) -> Result<()> {
        let text = || format!("{}: its {function} function answered with the status {status}", self.name);
        match status {
            BEAMLIT_OK => Ok(()),
            BEAMLIT_STORE_BUSY => Err(StoreError::Busy),
            BEAMLIT_STORE_LOCKED => Err(StoreError::Locked(text())),
            BEAMLIT_STORE_CORRUPT => Err(StoreError::Corrupt(text())),
            BEAMLIT_UNSUPPORTED => Err(StoreError::Unsupported(text())),
            _ => Err(StoreError::Unavailable(text())),
        }
    }
}

impl Store for Custom {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, key: &str) -> Result<Option<Entry>> {
        let mut entry = StoreEntry(Ok(None));
        let status = (self.read)(self.user.pointer(), c_string(key).as_ptr(), &mut entry);
        self.answered("read", status)?;
        let unusable = |error: beamlit_core::Error| {
            StoreError::Unavailable(format!(
                "{}: what its read function read is unusable: {}",
                self.name,
                error.message()
            ))
        };
        entry.0.map_err(unusable)
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<()> {
        let (key, data, version) = (c_string(key), entry.reveal(), c_string(entry.version()));
        let status =
            (self.write)(self.user.pointer(), key.as_ptr(), data.as_ptr(), data.len(), version.as_ptr());
        self.answered("write", status)
    }

    fn delete(&self, key: &str, version: &str) -> Result<()> {
        let (key, version) = (c_string(key), c_string(version));
        self.answered("remove", (self.remove)(self.user.pointer(), key.as_ptr(), version.as_ptr()))
    }

    fn lock(&self, key: &str, timeout: Duration) -> Result<Guard> {
        let Some(Lock { lock, unlock }) = self.lock else {
            return Guard::this_host(&self.name, key, timeout);
        };
        let (key, limit) = (c_string(key), i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX));
        self.answered("lock", lock(self.user.pointer(), key.as_ptr(), limit))?;
        Ok(Guard::new(Held { user: Arc::clone(&self.user), key, unlock }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::ffi::{CStr, c_char, c_void};
    use std::ptr::{null, null_mut};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use beamlit_core::store::{Store as _, StoreError, conformance};

    use crate::boundary::text;
    use crate::status::{BEAMLIT_OK, BEAMLIT_STORE_BUSY, BEAMLIT_STORE_LOCKED, Status};
    use crate::store::{
        Place, Store, StoreEntry, beamlit_store_entry_set, beamlit_store_new_custom, beamlit_store_set_lock,
    };

    /// The store behind the functions; one for each test, because it is a static.
    type Entries = HashMap<String, (Vec<u8>, u64)>;

    static ENTRIES: Mutex<Option<Entries>> = Mutex::new(None);
    static WRITES: AtomicUsize = AtomicUsize::new(0);
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    static HELD: AtomicUsize = AtomicUsize::new(0);

    fn version(key: &str) -> String {
        let entries = ENTRIES.lock().unwrap();
        entries
            .as_ref()
            .and_then(|entries| entries.get(key))
            .map_or(String::new(), |(_, number)| number.to_string())
    }

    extern "C" fn read(_: *mut c_void, key: *const c_char, entry: &mut StoreEntry) -> Status {
        let found = ENTRIES
            .lock()
            .unwrap()
            .as_ref()
            .and_then(|entries| entries.get(text(&key, "key").unwrap()).cloned());
        if let Some((data, number)) = found {
            let version = std::ffi::CString::new(number.to_string()).unwrap();
            beamlit_store_entry_set(Some(entry), data.as_ptr(), data.len(), version.as_ptr());
        }
        BEAMLIT_OK
    }

    extern "C" fn write(
        _: *mut c_void,
        key: *const c_char,
        data: *const u8,
        size: usize,
        wanted: *const c_char,
    ) -> Status {
        let mut entries = ENTRIES.lock().unwrap();
        let (key, wanted) = (text(&key, "key").unwrap(), text(&wanted, "version").unwrap());
        let entries = entries.get_or_insert_default();
        if entries.get(key).map_or(String::new(), |(_, number)| number.to_string()) != wanted {
            return BEAMLIT_STORE_BUSY;
        }
        let number = WRITES.fetch_add(1, Ordering::SeqCst) as u64 + 1;
        entries
            .insert(key.to_owned(), (crate::boundary::bytes(&data, size, "data").unwrap().to_vec(), number));
        BEAMLIT_OK
    }

    extern "C" fn remove(_: *mut c_void, key: *const c_char, wanted: *const c_char) -> Status {
        let (key, wanted) = (text(&key, "key").unwrap(), text(&wanted, "version").unwrap());
        if wanted.is_empty() || version(key) != wanted {
            return BEAMLIT_STORE_BUSY;
        }
        ENTRIES.lock().unwrap().as_mut().unwrap().remove(key);
        BEAMLIT_OK
    }

    extern "C" fn locked(_: *mut c_void, _: *const c_char, _: &mut StoreEntry) -> Status {
        BEAMLIT_STORE_LOCKED
    }

    extern "C" fn take(_: *mut c_void, _: *const c_char, timeout_ms: i64) -> Status {
        assert!(timeout_ms > 0);
        HELD.fetch_add(1, Ordering::SeqCst);
        BEAMLIT_OK
    }

    extern "C" fn release(_: *mut c_void, _: *const c_char) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }

    extern "C" fn dropped(_: *mut c_void) {
        DROPS.fetch_add(1, Ordering::SeqCst);
    }

    const NAME: &CStr = c"vault";

    fn custom(store: &Store) -> super::Custom {
        match &store.0 {
            Ok(Place::Custom(custom)) => custom.clone(),
            Ok(Place::Uri(_)) => panic!("a URI"),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_store_of_functions_keeps_the_promises_of_a_store_and_is_dropped_with_its_last_copy() {
        let mut store = beamlit_store_new_custom(
            NAME.as_ptr(),
            null_mut(),
            Some(read),
            Some(write),
            Some(remove),
            Some(dropped),
        )
        .unwrap();
        conformance(&custom(&store)).unwrap();
        beamlit_store_set_lock(Some(&mut store), Some(take), Some(release));
        conformance(&custom(&store)).unwrap();
        assert_eq!(HELD.load(Ordering::SeqCst), 0, "every lock was let go");
        let copy = store.core().unwrap();
        drop(store);
        assert_eq!(DROPS.load(Ordering::SeqCst), 0);
        drop(copy);
        assert_eq!(DROPS.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_status_that_a_function_answers_keeps_its_kind() {
        let store = beamlit_store_new_custom(
            NAME.as_ptr(),
            null_mut(),
            Some(locked),
            Some(write),
            Some(remove),
            None,
        )
        .unwrap();
        let Err(StoreError::Locked(text)) = custom(&store).read("key") else { panic!("it was read") };
        assert_eq!(text, "vault: its read function answered with the status 5001");
    }

    #[test]
    fn what_is_missing_is_named_when_the_store_is_used() {
        let refused = |store: Option<Box<Store>>| store.unwrap().core().unwrap_err().message().to_owned();
        let with =
            |name, read, write, remove| beamlit_store_new_custom(name, null_mut(), read, write, remove, None);
        assert_eq!(refused(with(null(), Some(read), Some(write), Some(remove))), "name is NULL");
        assert_eq!(refused(with(NAME.as_ptr(), None, Some(write), Some(remove))), "read is NULL");
        assert_eq!(refused(with(NAME.as_ptr(), Some(read), None, Some(remove))), "write is NULL");
        assert_eq!(refused(with(NAME.as_ptr(), Some(read), Some(write), None)), "remove is NULL");
        let mut store = with(NAME.as_ptr(), Some(read), Some(write), Some(remove));
        beamlit_store_set_lock(store.as_deref_mut(), Some(take), None);
        assert_eq!(refused(store), "unlock is NULL");
        beamlit_store_set_lock(None, Some(take), Some(release));
        let mut entry = StoreEntry(Ok(None));
        beamlit_store_entry_set(Some(&mut entry), null(), 1, NAME.as_ptr());
        assert_eq!(entry.0.unwrap_err().message(), "data is NULL");
        beamlit_store_entry_set(None, null(), 0, null());
    }
}
