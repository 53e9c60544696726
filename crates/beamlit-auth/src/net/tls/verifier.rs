//! The check of a server's certificate.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use crate::error::{Error, ErrorKind, Result};
use crate::sys::{OnceCell, System};

/// rustls's own verifier, which alone decides. This one tells a certificate that signed itself from one that an
/// unknown authority signed: the two need different advice.
#[derive(Debug)]
pub(crate) struct Verifier {
    judge: Arc<WebPkiServerVerifier>,
    /// What else is trusted, read when the first certificate needs it.
    more: Option<More>,
    provider: Arc<CryptoProvider>,
}

/// More roots, and how they are read.
struct More {
    read: fn() -> RootCertStore,
    judge: OnceCell<Option<Arc<WebPkiServerVerifier>>>,
}

impl fmt::Debug for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("More")
    }
}

impl Verifier {
    /// Trusts `roots`, and what `more` reads, which takes a millisecond: it is called for a certificate that `roots`
    /// alone would refuse.
    pub(crate) fn new(
        roots: RootCertStore,
        more: Option<fn() -> RootCertStore>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self> {
        let more = more.map(|read| More { read, judge: OnceCell::new() });
        match judge(roots, provider) {
            Some(judge) => Ok(Self { judge, more, provider: Arc::clone(provider) }),
            None => Err(Error::new(ErrorKind::InternalError, "the trusted certificates cannot be used")),
        }
    }

    /// The judge by the other roots, if there are any.
    fn other(&self) -> Option<&Arc<WebPkiServerVerifier>> {
        let More { read, judge: other } = self.more.as_ref()?;
        other.get_or_init(|| judge(read(), &self.provider)).as_ref()
    }

    /// Whether the certificate would be trusted if it were a root itself.
    fn signed_itself(&self, certificate: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> bool {
        let mut roots = RootCertStore::empty();
        let added = roots.add(certificate.clone().into_owned());
        let judge = added.ok().and_then(|()| judge(roots, &self.provider));
        judge.is_some_and(|judge| judge.verify_server_cert(certificate, &[], name, &[], now).is_ok())
    }
}

fn judge(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().ok()
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let by = |judge: &Arc<WebPkiServerVerifier>| {
            judge.verify_server_cert(certificate, intermediates, name, ocsp, now)
        };
        // Of two refusals the one counts that knows the issuer.
        let verdict = by(&self.judge).or_else(|refusal| match self.other().map(by) {
            Some(verdict) if verdict.as_ref().err() != Some(&unknown) => verdict,
            _ => Err(refusal),
        });
        match verdict {
            Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))
                if self.signed_itself(certificate, name, now) =>
            {
                Err(CertificateError::Other(OtherError(Arc::new(SelfSigned))).into())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// Why a certificate that signed itself is refused.
#[derive(Debug)]
pub(crate) struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("self-signed")
    }
}

impl std::error::Error for SelfSigned {}

/// Lets TLS read the engine's wall clock.
pub(crate) struct WallClock(pub(crate) Arc<dyn System>);

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WallClock")
    }
}

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(self.0.wall()))
    }
}
