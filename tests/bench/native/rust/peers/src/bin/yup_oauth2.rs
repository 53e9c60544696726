//! yup-oauth2's service account (JWT bearer grant) with the RS256 key of `$BENCH_RSA_KEY`. It caches tokens, and it is
//! asynchronous: each call blocks on a runtime.

use driver::{Args, Backend, run};
use tokio::runtime::Runtime;
use yup_oauth2::authenticator::DefaultAuthenticator;
use yup_oauth2::{ServiceAccountAuthenticator, ServiceAccountKey};

const SCOPES: &[&str] = &["api"];

struct Client {
    runtime: Runtime,
    authenticator: DefaultAuthenticator,
}

impl Backend for Client {
    fn headers(&self, out: &mut String) -> Result<(), String> {
        let token = self.runtime.block_on(self.authenticator.token(SCOPES));
        let token = token.map_err(|error| format!("{error:?}"))?;
        out.push_str("Bearer ");
        out.push_str(token.token().ok_or("no token")?);
        Ok(())
    }

    fn refresh(&self) -> Result<(), String> {
        let token = self.runtime.block_on(self.authenticator.force_refreshed_token(SCOPES));
        token.map(drop).map_err(|error| format!("{error:?}"))
    }
}

fn key(args: Args) -> ServiceAccountKey {
    let path = std::env::var("BENCH_RSA_KEY").unwrap();
    ServiceAccountKey {
        key_type: Some("service_account".into()),
        project_id: None,
        private_key_id: None,
        private_key: std::fs::read_to_string(path).unwrap(),
        client_email: args.id,
        client_id: None,
        auth_uri: None,
        token_uri: args.url,
        auth_provider_x509_cert_url: None,
        client_x509_cert_url: None,
    }
}

fn main() {
    run(|args| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let authenticator =
            runtime.block_on(ServiceAccountAuthenticator::builder(key(args)).build()).unwrap();
        Client { runtime, authenticator }
    });
}
