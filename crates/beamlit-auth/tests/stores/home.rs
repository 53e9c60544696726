use std::path::PathBuf;

/// A folder of its own, gone with this value.
pub(crate) struct Home(PathBuf);

impl Home {
    pub(crate) fn new() -> Self {
        let mut name = [0_u8; 8];
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").unwrap(), &mut name).unwrap();
        let home =
            std::env::temp_dir().join(format!("beamlit-auth-stores-{:016x}", u64::from_ne_bytes(name)));
        std::fs::create_dir(&home).unwrap();
        Self(home)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
