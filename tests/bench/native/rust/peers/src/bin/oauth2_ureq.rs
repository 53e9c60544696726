//! The oauth2 crate on a ureq agent that is kept. The crate caches no token: every call is a request.

use std::sync::Arc;

use driver::{Args, Backend, run};
use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, EndpointNotSet, EndpointSet, Scope, TokenResponse, TokenUrl};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

struct Client {
    client: BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>,
    agent: ureq::Agent,
}

impl Backend for Client {
    fn headers(&self, out: &mut String) -> Result<(), String> {
        let request = self.client.exchange_client_credentials().add_scope(Scope::new("api".into()));
        let answer = request.request(&self.agent).map_err(|error| format!("{error:?}"))?;
        out.push_str("Bearer ");
        out.push_str(answer.access_token().secret());
        Ok(())
    }

    fn refresh(&self) -> Result<(), String> {
        self.headers(&mut String::new())
    }
}

fn agent(ca: Option<String>) -> ureq::Agent {
    let builder = ureq::builder().redirects(0);
    let Some(ca) = ca else { return builder.build() };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).unwrap().flatten() {
        roots.add(certificate).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    builder.tls_config(Arc::new(config)).build()
}

fn main() {
    run(|args: Args| Client {
        client: BasicClient::new(ClientId::new(args.id))
            .set_client_secret(ClientSecret::new(args.secret))
            .set_token_uri(TokenUrl::new(args.url).unwrap()),
        agent: agent(args.ca),
    });
}
