//! A connection to a program of this machine, by the path of its socket.

use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

#[cfg(not(target_vendor = "apple"))]
const FLAGS: SocketFlags = SocketFlags::CLOEXEC;
#[cfg(target_vendor = "apple")]
const FLAGS: SocketFlags = SocketFlags::empty();

/// Connects to the socket at `path`. What comes of it is asked for no more than every stream of bytes can do, so it goes by
/// the type of those that there are many of.
///
/// # Blocking
/// `limit` at most, where nobody accepts.
pub(crate) fn connect_on_this_host(path: &Path, limit: Duration) -> io::Result<TcpStream> {
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
    #[cfg(target_vendor = "apple")]
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    // It holds for connecting too, which has no other limit.
    set_socket_timeout(&socket, Timeout::Send, Some(limit.max(Duration::from_millis(1))))?;
    let address = SocketAddrUnix::new(path)?;
    retry_on_intr(|| connect(&socket, &address))?;
    Ok(TcpStream::from(socket))
}
