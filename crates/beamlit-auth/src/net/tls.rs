//! TLS 1.2 and 1.3 with the trust of this machine.

mod refusal;
pub(crate) mod verifier;

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, version};
use rustls_native_certs::{load_certs_from_paths, load_native_certs};

use crate::error::{Error, ErrorKind, Result};
use crate::net::tls::verifier::{Verifier, WallClock};
use crate::net::{Failure, Socket, Trust};
use crate::sys::{OnceCell, System, read_public};

pub(crate) use refusal::explain;

/// A TLS connection.
pub(crate) type Secure = StreamOwned<ClientConnection, Socket>;

/// What every TLS connection is made with.
pub(crate) type Config = Arc<ClientConfig>;

/// How TLS connections are made. Cheap: reading the roots waits for the first connection that needs them.
pub(crate) struct Tls {
    trust: Trust,
    /// What is spoken over TLS (RFC 7301), if that has a name.
    protocol: Option<&'static str>,
    system: Arc<dyn System>,
    config: OnceCell<Config>,
}

impl Tls {
    pub(crate) fn new(trust: Trust, protocol: Option<&'static str>, system: Arc<dyn System>) -> Self {
        Self { trust, protocol, system, config: OnceCell::new() }
    }

    /// The configuration of all connections, made at the first call.
    ///
    /// # Errors
    /// `InvalidConfig` for a file that holds no certificates; `TlsError` when there are none at all.
    pub(crate) fn config(&self) -> Result<Config> {
        self.config.get_or_try_init(|| self.configure()).map(Arc::clone)
    }

    fn configure(&self) -> Result<Config> {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(&provider)?;
        let clock = Arc::new(WallClock(Arc::clone(&self.system)));
        let mut config = ClientConfig::builder_with_details(provider, clock)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|error| Error::new(ErrorKind::InternalError, format!("TLS cannot be set up: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = self.protocol.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Arc::new(config))
    }

    /// Trusts the files that were named, before it looks at the system's roots.
    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Verifier> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = &self.trust.ca_file {
            roots.add_parsable_certificates(certificates(path, "ca_file")?);
        }
        let mut more: Option<fn() -> RootCertStore> = Some(system_roots);
        if let Some(path) = &self.trust.ssl_cert_file {
            roots.add_parsable_certificates(certificates(path, "SSL_CERT_FILE")?);
            more = None;
        }
        if roots.is_empty() {
            roots = more.take().map_or(roots, |read| read());
        }
        if roots.is_empty() {
            let message = "this machine has no certificates to trust; install ca-certificates or set ca_file";
            return Err(Error::new(ErrorKind::TlsError, message));
        }
        Verifier::new(roots, more, provider)
    }
}

/// Makes sure that `host` is at the other end of `socket`, before anything of ours is sent.
pub(crate) fn secure(mut socket: Socket, host: &str, config: Config) -> std::result::Result<Secure, Failure> {
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(bare).map_err(|error| Failure::Internal(error.to_string()))?;
    let mut connection = ClientConnection::new(config, name).map_err(Failure::Tls)?;
    match connection.complete_io(&mut socket) {
        Ok(_) => Ok(StreamOwned::new(connection, socket)),
        Err(error) => Err(match Failure::from(error) {
            Failure::Cut | Failure::Broken(_) => Failure::HandshakeCut,
            other => other,
        }),
    }
}

/// The certificates of a file that somebody named.
fn certificates(path: &Path, setting: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found = bundle(path);
    if !found.is_empty() {
        return Ok(found);
    }
    let why = match load_certs_from_paths(Some(path), None).errors.first() {
        Some(error) => error.to_string(),
        None => "it holds no certificate in PEM form".to_owned(),
    };
    let message = format!("{setting} {} cannot be used: {why}", path.display());
    Err(Error::new(ErrorKind::InvalidConfig, crate::printable::printable(&message, 400)))
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(system_certificates());
    roots
}

/// The system's roots. One bundle is read in a millisecond; the folder that most systems have beside it holds the
/// same in 140 files and takes twenty. Only the keychain of a Mac knows all that a Mac trusts.
fn system_certificates() -> Vec<CertificateDer<'static>> {
    let file = if cfg!(target_os = "macos") { None } else { openssl_probe::probe().cert_file };
    let found = file.as_deref().map_or_else(Vec::new, bundle);
    if found.is_empty() { load_native_certs().certs } else { found }
}

/// The certificates of a file; none if it cannot be read.
fn bundle(file: &Path) -> Vec<CertificateDer<'static>> {
    read_public(file).map_or_else(|_| Vec::new(), |pem| decoded(&pem))
}

/// The certificates of a bundle in PEM form (RFC 7468 §5); what is none is passed over, as it is wherever roots are read.
///
/// The library's decoder takes the same time for every byte, as if they were secret: for a whole bundle that is longer
/// than all else that a first connection takes.
fn decoded(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let (mut found, mut open) = (Vec::new(), None::<String>);
    for line in String::from_utf8_lossy(pem).lines().map(str::trim) {
        match line {
            "-----BEGIN CERTIFICATE-----" => open = Some(String::new()),
            "-----END CERTIFICATE-----" => {
                let der = open.take().and_then(|body| STANDARD.decode(body).ok());
                found.extend(der.map(CertificateDer::from));
            }
            line => open.iter_mut().for_each(|body| body.push_str(line)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use rustls_native_certs::load_certs_from_paths;

    use super::decoded;

    #[test]
    fn the_systems_bundle_is_read_as_the_library_reads_it() {
        let bundle = openssl_probe::probe().cert_file.expect("apt-get install ca-certificates");
        let certificates = decoded(&std::fs::read(&bundle).unwrap());
        let theirs = load_certs_from_paths(Some(&bundle), None).certs;
        assert!(certificates.len() >= theirs.len() && theirs.len() > 50);
        assert!(theirs.iter().all(|certificate| certificates.contains(certificate)));
    }

    #[test]
    fn rfc7468_5_what_is_no_certificate_is_passed_over() {
        let block =
            |label: &str, body: &str| format!("-----BEGIN {label}-----\r\n{body}\n-----END {label}-----\n");
        let bundle = [
            "# caf\u{e9}\n".to_owned(),
            block("CERTIFICATE", "TUlJ\r\nQQ=="),
            block("TRUSTED CERTIFICATE", "QUFB"),
            block("CERTIFICATE", "!"),
            block("CERTIFICATE", "QUJD"),
            "-----BEGIN CERTIFICATE-----\nQUJD".to_owned(),
        ];
        let certificates = decoded(bundle.concat().as_bytes());
        assert_eq!(certificates.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>(), [&b"MIIA"[..], b"ABC"]);
        assert!(decoded(b"\xff\xfe no text").is_empty());
    }
}
