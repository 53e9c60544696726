//! What outlives a restart: who exists, what was issued to them, the clock and the port, in a JSON file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::directory::KeptDirectory;
use crate::family::KeptFamilies;

/// The contents of the file.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    pub(crate) port: u16,
    pub(crate) clock_offset_ms: i64,
    /// How many numbers were given away; one must never be given twice.
    pub(crate) minted: u64,
    pub(crate) directory: KeptDirectory,
    pub(crate) families: KeptFamilies,
}

impl Data {
    /// Reads the file; `None` if there is none yet.
    pub(crate) fn read(file: &Path) -> io::Result<Option<Self>> {
        match fs::read(file) {
            // What the parser says may repeat a refresh token.
            Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|error| {
                let what = format!("line {} is not what an emulator writes", error.line());
                unusable(file, &io::Error::new(io::ErrorKind::InvalidData, what))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(file, &error)),
        }
    }
}

/// The file that [`Data`] is kept in, and what it says.
pub(crate) struct DataFile {
    path: PathBuf,
    written: Mutex<Vec<u8>>,
}

impl DataFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, written: Mutex::default() }
    }

    /// Puts `data` into the file, if it is not there already: whole or not at all, whatever is killed meanwhile.
    pub(crate) fn write(&self, data: &Data) -> io::Result<()> {
        let mut written = self.written.lock();
        let json = serde_json::to_vec(data)?;
        if *written != json {
            self.replace(&json).map_err(|error| unusable(&self.path, &error))?;
            *written = json;
        }
        Ok(())
    }

    fn replace(&self, json: &[u8]) -> io::Result<()> {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        // It holds refresh tokens.
        let mut new = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&name)?;
        new.write_all(json)?;
        fs::rename(name, &self.path)
    }
}

fn unusable(file: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot use the data {}: {error}", file.display()))
}
