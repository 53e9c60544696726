//! `bl emulator`: a local Beamlit as a program of its own.

use std::io::{self, ErrorKind as IoErrorKind};
use std::path::PathBuf;

use beamlit_auth::{Error, ErrorKind, Result};
use beamlit_emulator::{Announcement, Options, serve};
use clap::Args;

use crate::interrupt::End;
use crate::output::Output;

/// The arguments of `emulator`.
#[derive(Args)]
pub(crate) struct Emulator {
    /// The port of 127.0.0.1 to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "0", value_parser = port, allow_negative_numbers = true)]
    port: u16,
    /// A JSON file of the workspaces to start with
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// A file for what it knows, made if there is none, so that a restart loses no login
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

impl Emulator {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let options = Options::default().port(self.port);
        let options = match &self.seed {
            Some(file) => options.seed(file).map_err(|error| unusable(&error))?,
            None => options,
        };
        let options = match &self.data {
            Some(file) => options.data(file),
            None => options,
        };
        let announcement = if output.json { Announcement::Json } else { Announcement::Text };
        let (mut end, mut interrupted) = (End::listen()?, false);
        let served = serve(options, announcement, &mut io::stdout(), |_| interrupted = end.wait());
        match served {
            Err(error) if error.kind() != IoErrorKind::BrokenPipe => Err(unusable(&error)),
            _ if interrupted => Ok(ErrorKind::Cancelled.exit_code()),
            _ => Ok(0),
        }
    }
}

/// Why it does not run; the message names the port or the file.
fn unusable(error: &io::Error) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("the emulator does not start: {error}"))
}

fn port(text: &str) -> std::result::Result<u16, &'static str> {
    text.parse().map_err(|_| "a port is a number from 0 to 65535")
}
