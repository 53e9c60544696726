//! TLS 1.2 and 1.3 with the trust of this machine.

mod refusal;
mod verifier;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, version};
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};

use crate::error::{Error, ErrorKind, Result};
use crate::http::failure::Failure;
use crate::http::socket::Socket;
use crate::http::tls::verifier::{Verifier, WallClock};
use crate::sys::{OnceCell, System};

pub(super) use refusal::explain;

/// A TLS connection.
pub(super) type Secure = StreamOwned<ClientConnection, Socket>;

/// How TLS connections are made. Cheap: reading the roots waits for the first connection that needs them.
pub(super) struct Tls {
    /// Added to the roots.
    ca_file: Option<PathBuf>,
    /// `SSL_CERT_FILE`: the roots, in the place of the system's.
    ssl_cert_file: Option<PathBuf>,
    system: Arc<dyn System>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(
        ca_file: Option<PathBuf>,
        ssl_cert_file: Option<PathBuf>,
        system: Arc<dyn System>,
    ) -> Self {
        Self { ca_file, ssl_cert_file, system, config: OnceCell::new() }
    }

    /// The configuration of all connections, made at the first call.
    ///
    /// # Errors
    /// `InvalidConfig` for a file that holds no certificates; `TlsError` when there are none at all.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>> {
        self.config.get_or_try_init(|| self.configure()).map(Arc::clone)
    }

    fn configure(&self) -> Result<Arc<ClientConfig>> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(self.roots()?, &provider)?;
        let clock = Arc::new(WallClock(Arc::clone(&self.system)));
        let mut config = ClientConfig::builder_with_details(provider, clock)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|error| Error::new(ErrorKind::InternalError, format!("TLS cannot be set up: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(match &self.ssl_cert_file {
            Some(path) => certificates(path, "SSL_CERT_FILE")?,
            None => system_certificates(),
        });
        if let Some(path) = &self.ca_file {
            roots.add_parsable_certificates(certificates(path, "ca_file")?);
        }
        if roots.is_empty() {
            let message = "this machine has no certificates to trust; install ca-certificates or set ca_file";
            return Err(Error::new(ErrorKind::TlsError, message));
        }
        Ok(roots)
    }
}

/// Makes sure that `host` is at the other end of `socket`, before anything of ours is sent.
pub(super) fn secure(
    mut socket: Socket,
    host: &str,
    config: Arc<ClientConfig>,
) -> std::result::Result<Secure, Failure> {
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
    let CertificateResult { certs, errors, .. } = load_certs_from_paths(Some(path), None);
    if !certs.is_empty() {
        return Ok(certs);
    }
    let why = match errors.first() {
        Some(error) => error.to_string(),
        None => "it holds no certificate in PEM form".to_owned(),
    };
    let message = format!("{setting} {} cannot be used: {why}", path.display());
    Err(Error::new(ErrorKind::InvalidConfig, crate::printable::printable(&message, 400)))
}

/// The system's roots. One bundle is read in a millisecond; the folder that most systems have beside it holds the
/// same in 140 files and takes twenty. Only the keychain of a Mac knows all that a Mac trusts.
fn system_certificates() -> Vec<CertificateDer<'static>> {
    let bundle = if cfg!(target_os = "macos") { None } else { openssl_probe::probe().cert_file };
    let found = load_certs_from_paths(bundle.as_deref(), None).certs;
    if found.is_empty() { load_native_certs().certs } else { found }
}
