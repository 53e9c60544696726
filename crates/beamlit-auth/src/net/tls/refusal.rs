//! Words for every way in which TLS can refuse a server, or a server can refuse us.

use rustls::AlertDescription as Alert;
use rustls::{CertificateError, OtherError, PeerIncompatible};

use crate::net::tls::verifier::SelfSigned;
use crate::printable::printable;

/// Longest text of the server or of rustls that a message repeats, in characters.
const DETAIL: usize = 120;

/// Which check failed, and what to do about it.
pub(crate) fn explain(error: &rustls::Error) -> String {
    use rustls::Error::{
        AlertReceived, DecryptError, InappropriateHandshakeMessage, InappropriateMessage, InvalidCertificate,
        InvalidMessage, NoCertificatesPresented, PeerIncompatible,
    };
    match error {
        InvalidCertificate(reason) => certificate(reason),
        NoCertificatesPresented => "it presented no certificate; check the host and the port".to_owned(),
        AlertReceived(alert) => refused_by_server(*alert),
        PeerIncompatible(reason) => incompatible(reason),
        InvalidMessage(_) | InappropriateMessage { .. } | InappropriateHandshakeMessage { .. } => {
            "it does not speak TLS on this port; check the scheme, the port and any proxy in between"
                .to_owned()
        }
        DecryptError => "a TLS record fails its check; something on the way changes the traffic".to_owned(),
        other => {
            format!("the TLS connection failed ({}); check the server", printable(&other.to_string(), DETAIL))
        }
    }
}

fn certificate(reason: &CertificateError) -> String {
    use CertificateError as E;
    let text = match reason {
        E::Expired | E::ExpiredContext { .. } => {
            "its certificate has expired; check this machine's clock, or have the certificate renewed"
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "its certificate is not valid yet; check this machine's clock"
        }
        E::NotValidForName => "its certificate is for another name; check the host",
        E::NotValidForNameContext { presented, .. } => return wrong_name(presented),
        E::UnknownIssuer => {
            "its certificate is signed by an authority that this machine does not trust; if that is expected (a private \
             authority, a company's proxy), name its certificate in ca_file"
        }
        E::Other(OtherError(inner)) if inner.is::<SelfSigned>() => {
            "its certificate is self-signed; if that is expected, name it in ca_file"
        }
        E::Other(OtherError(inner)) if inner.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is an authority's own, mostly a self-signed one; give the server a certificate that is not"
        }
        E::Revoked => "its certificate was revoked; have it renewed",
        E::BadEncoding => "its certificate cannot be read; have it renewed",
        E::BadSignature => "its certificate has a wrong signature; something on the way may have changed it",
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "its certificate is not for servers; have one made for server authentication"
        }
        E::UnhandledCriticalExtension => {
            "its certificate has a critical extension that is not known; have it renewed"
        }
        other => {
            let detail = printable(&other.to_string(), DETAIL);
            return format!("its certificate was refused ({detail}); have it renewed");
        }
    };
    text.to_owned()
}

/// rustls gives the names as debug text, `DnsName("a.example")`.
fn wrong_name(presented: &[String]) -> String {
    let names: Vec<_> = presented.iter().take(3).map(|name| bare(name)).collect();
    let names = printable(&names.join(", "), DETAIL);
    format!("its certificate is for another name ({names}); check the host")
}

fn bare(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner.trim_end_matches(')'));
    inner.trim_matches('"')
}

fn refused_by_server(alert: Alert) -> String {
    match alert {
        Alert::ProtocolVersion => OLD.to_owned(),
        Alert::InsufficientSecurity => NOTHING_IN_COMMON.to_owned(),
        Alert::HandshakeFailure => {
            "it refused the handshake: it shares no cipher suite with this program, or wants a client certificate; check \
             the host"
                .to_owned()
        }
        Alert::CertificateRequired | Alert::BadCertificate | Alert::NoCertificate => {
            "it wants a client certificate, which was not given; check the host".to_owned()
        }
        Alert::UnrecognisedName => "it knows no site of this name; check the host".to_owned(),
        other => format!("it broke TLS off with the alert {other:?}; check the server"),
    }
}

fn incompatible(reason: &PeerIncompatible) -> String {
    match reason {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => OLD.to_owned(),
        _ => NOTHING_IN_COMMON.to_owned(),
    }
}

const OLD: &str = "it speaks no TLS newer than 1.1; TLS 1.2 or 1.3 is needed (RFC 8996)";
const NOTHING_IN_COMMON: &str =
    "it shares no cipher suite or key exchange with this program; update the server";
