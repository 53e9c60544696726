//! Which workspace is the current one of a base URL.

use std::sync::Arc;

use crate::chain::places;
use crate::config::{Settings, check_workspace};
use crate::error::Result;
use crate::record::{Record, State};
use crate::renewal::Ledger;
use crate::secret::digest;
use crate::store::Shelf;
use crate::store::mirror::Mirror;
use crate::sys::System;

/// The kind of the record that names the current workspace of a base URL.
pub(crate) const CURRENT: &str = "current";

/// The record of the current workspace, and the platform's file, which names one too.
pub(crate) struct Current {
    ledger: Ledger,
    mirror: Option<Mirror>,
    base: String,
}

impl Current {
    pub(crate) fn new(settings: &Settings, store: Arc<dyn Shelf>, system: &Arc<dyn System>) -> Self {
        let base = settings.base();
        let key = digest(format!("{CURRENT}\n{base}").as_bytes());
        let mirror = places::mirror(settings, None, system);
        Self { ledger: Ledger::new(store, key, Arc::clone(system)), mirror, base }
    }

    /// The current workspace, if there is one. What the platform's file names wins, if that changed since the record was
    /// written.
    pub(crate) fn workspace(&self) -> Result<Option<String>> {
        let (record, _) = self.ledger.read()?;
        let context = self.context();
        if context.is_some() && context != record.context {
            return Ok(context);
        }
        Ok(record.workspace.filter(|_| record.kind == CURRENT))
    }

    /// Makes `workspace` the current one; `None` leaves none.
    pub(crate) fn set(&self, workspace: Option<&str>) -> Result<()> {
        let context = self.context();
        let change = |_: &Record| {
            let mut record = Record::empty();
            record.state = State::Live;
            CURRENT.clone_into(&mut record.kind);
            record.base.clone_from(&self.base);
            record.workspace = workspace.map(str::to_owned);
            record.context.clone_from(&context);
            record
        };
        self.ledger.overwrite(&change).map(drop)
    }

    /// The one that the platform's file names, if it has an entry of this base URL.
    fn context(&self) -> Option<String> {
        let mirror = self.mirror.as_ref()?;
        mirror.context(&mirror.look().ok()?).filter(|name| check_workspace(name).is_ok())
    }
}
