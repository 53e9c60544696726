//! The wire of OAuth 2.0, as functions on plain data: requests are filled here, answers are read here.

pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod response;
