//! What bytes run over: a socket, with TLS or without.

use std::fmt;
use std::io::{self, Read, Write};

use crate::net::Socket;
use crate::net::tls::Secure;

/// A connection to a host.
pub(crate) enum Stream {
    /// Bytes as they are.
    Plain(Socket),
    /// Bytes in TLS.
    Secure(Box<Secure>),
}

impl Stream {
    pub(crate) fn socket(&mut self) -> &mut Socket {
        match self {
            Self::Plain(socket) => socket,
            Self::Secure(secure) => &mut secure.sock,
        }
    }

    /// Whether no byte has arrived that belongs to no answer. The next request would take it for its own.
    pub(crate) fn is_quiet(&mut self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Secure(secure) => secure
                .conn
                .process_new_packets()
                .is_ok_and(|state| state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed()),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Secure(secure) => secure.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Secure(secure) => secure.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Secure(secure) => secure.flush(),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}
