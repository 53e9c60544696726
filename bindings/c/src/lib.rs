//! The C ABI of beamlit-auth: each C noun is a file here, and each export translates, calls and translates back.
//!
//! `include/beamlit_auth.h` is generated from the exports and their comments, which are therefore written for callers
//! in C. Signatures carry ownership: `Option<&T>` borrows, `Option<Box<T>>` takes over, and an output is an
//! `Option<&mut MaybeUninit<…>>`, which is written and never read.
#![expect(unsafe_code, reason = "exported names are unsafe attributes; blocks stand in boundary.rs alone")]

mod boundary;
pub mod config;
pub mod credential;
mod custom_store;
pub mod error;
pub mod explanation;
pub mod headers;
pub mod log;
pub mod login;
pub mod session;
pub mod shutdown;
pub mod status;
pub mod store;
pub mod token;
pub mod version;
