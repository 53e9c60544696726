//! Which store a configuration names.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::store::custom::Custom;
use crate::store::{Opened, Shelf, Store};

/// Which store a configuration names: by its URI, or one that is there. Whatever is a store or a text becomes one.
#[derive(Clone)]
pub struct Choice(pub(crate) Chosen);

/// What a [`Choice`] is.
#[derive(Clone)]
pub(crate) enum Chosen {
    /// A URI; it may hold a password.
    Uri(String),
    /// A store.
    Opened(Opened),
}

impl Choice {
    /// The URI, if it is one.
    pub(crate) fn uri(&self) -> Option<&str> {
        match &self.0 {
            Chosen::Uri(uri) => Some(uri),
            Chosen::Opened(_) => None,
        }
    }
}

impl From<&str> for Choice {
    fn from(uri: &str) -> Self {
        Self(Chosen::Uri(uri.to_owned()))
    }
}

impl From<String> for Choice {
    fn from(uri: String) -> Self {
        Self(Chosen::Uri(uri))
    }
}

impl<S: Store> From<S> for Choice {
    fn from(store: S) -> Self {
        // What `store::open` gave is one of our own, which can do more.
        let boxed = (&store as &dyn Any).downcast_ref::<Box<dyn Store>>();
        let own = boxed.and_then(|boxed| (&**boxed as &dyn Any).downcast_ref::<Arc<dyn Shelf>>()).cloned();
        let shelf = own.unwrap_or_else(|| Arc::new(Custom::new(Box::new(store))));
        Self(Chosen::Opened(Opened::new(shelf)))
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Chosen::Uri(uri) => f.write_str(uri.split(':').next().unwrap_or_default()),
            Chosen::Opened(opened) => opened.fmt(f),
        }
    }
}
