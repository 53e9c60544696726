//! The oauth2 crate on a blocking reqwest client that is kept. The crate caches no token: every call is a request.

use driver::{Args, Backend, run};
use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, EndpointNotSet, EndpointSet, Scope, TokenResponse, TokenUrl};
use reqwest::blocking::Client as Http;

struct Client {
    client: BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>,
    http: Http,
}

impl Backend for Client {
    fn headers(&self, out: &mut String) -> Result<(), String> {
        let request = self.client.exchange_client_credentials().add_scope(Scope::new("api".into()));
        let answer = request.request(&self.http).map_err(|error| format!("{error:?}"))?;
        out.push_str("Bearer ");
        out.push_str(answer.access_token().secret());
        Ok(())
    }

    fn refresh(&self) -> Result<(), String> {
        self.headers(&mut String::new())
    }
}

fn http(ca: Option<String>) -> Http {
    let mut builder = Http::builder().redirect(reqwest::redirect::Policy::none());
    if let Some(ca) = ca {
        let certificate = reqwest::Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
        builder = builder.add_root_certificate(certificate).tls_built_in_root_certs(false);
    }
    builder.build().unwrap()
}

fn main() {
    run(|args: Args| Client {
        client: BasicClient::new(ClientId::new(args.id))
            .set_client_secret(ClientSecret::new(args.secret))
            .set_token_uri(TokenUrl::new(args.url).unwrap()),
        http: http(args.ca),
    });
}
