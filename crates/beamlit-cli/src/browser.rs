//! The person's browser, which is shown a page. Best effort: whoever has no browser here has the link.

use std::env;
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use http::Uri;

use crate::elsewhere::programs;

/// Opens `url` in a browser, if there is a display and a program for that. Whether one was started.
pub(crate) fn open(url: &str) -> bool {
    let (Some(url), true) = (checked(url), has_display()) else { return false };
    let Some(program) = program() else { return false };
    let mut command = Command::new(program);
    command.arg(url);
    without_secrets(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C in this terminal is not meant for the browser.
    command.process_group(0);
    let Ok(mut browser) = command.spawn() else { return false };
    // A program that has opened the page and ended is not to stay in the process table until the login is done.
    let _ = thread::Builder::new().name("bl-browser".to_owned()).spawn(move || browser.wait());
    true
}

/// The URL as it was understood: of https, or of http on this machine, and with nothing in it that any program on the
/// way could take for anything else.
fn checked(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?;
    let is_trusted = match uri.scheme_str()? {
        "https" => true,
        "http" => is_loopback(host),
        _ => false,
    };
    let has_user = uri.authority()?.as_str().contains('@');
    let text = uri.to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'`\\<>^{|}$;()".contains(&byte));
    (is_trusted && !has_user && is_plain).then_some(text)
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "[::1]")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// What opens pages here. BROWSER counts as the plain name of a program: as a command it would be a shell's business.
fn program() -> Option<PathBuf> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let own = env::var("BROWSER").ok().filter(|name| is_plain_name(name));
    own.and_then(|name| programs(&name).next()).or_else(|| programs(opener).next())
}

fn is_plain_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    !name.is_empty() && !name.starts_with(['-', '.']) && name.bytes().all(is_plain)
}

/// Leaves out our variables, which hold credentials, and a BROWSER that the opener would run as a command.
fn without_secrets(command: &mut Command) {
    for (name, value) in env::vars_os() {
        let is_command = name == "BROWSER" && !value.to_str().is_some_and(is_plain_name);
        if is_command || name.to_string_lossy().starts_with("BL_") {
            command.env_remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{checked, is_plain_name};

    #[test]
    fn only_plain_urls_of_https_and_of_this_machine_are_opened() {
        for url in [
            "https://app.beamlit.com/device?code=ABCD-EFGH",
            "http://127.0.0.1:4180/device?code=A%20B&x=1",
            "http://localhost:1/",
            "http://[::1]:1/a",
        ] {
            assert_eq!(checked(url).as_deref(), Some(url));
        }
        for url in [
            "http://app.beamlit.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "-W https://a.example/",
            "https://me@a.example/",
            "https://a.example/?a=`id`",
            "https://a.example/?a=$(id)",
            "https://a.example/?a='",
            "https://a.example/ b",
            "/device",
            "",
        ] {
            assert_eq!(checked(url), None, "{url}");
        }
    }

    #[test]
    fn a_browser_is_the_plain_name_of_a_program() {
        assert!(["firefox", "google-chrome-stable", "x-www-browser"].into_iter().all(is_plain_name));
        for name in ["", "/usr/bin/firefox", "firefox --new-tab", "a:b", "sh -c 'x %s'", "-x", "../x", "."] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
