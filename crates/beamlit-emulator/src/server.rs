//! From a socket to the routes: limits, recording, faults.

use std::convert::Infallible;
use std::fmt;
use std::future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{Request, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service as _;

use crate::answer::Refusal;
use crate::data::DataFile;
use crate::fault::Outcome;
use crate::host;
use crate::recording::RecordedRequest;
use crate::routes::{self, CONTROL, TOKEN_ENDPOINT};
use crate::state::State;

/// The longest request body.
const BODY_LIMIT: usize = 1 << 20;

/// Takes connections until the runtime ends.
pub(crate) async fn run(listener: TcpListener, state: Arc<State>, file: Option<Arc<DataFile>>) -> Infallible {
    let router = routes::router(Arc::clone(&state));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                state.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, Arc::clone(&state), file.clone(), router.clone()));
            }
            // Out of descriptors, or a client that was gone at once: the next one may do better.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>, file: Option<Arc<DataFile>>, router: Router) {
    // Without it an answer in two writes waits for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (state, file, router) = (Arc::clone(&state), file.clone(), router.clone());
        async move {
            let answered = answer(Arc::clone(&state), router, request).await;
            keep(&state, file.as_deref());
            answered
        }
    });
    // An error here is a client that went away, or a connection that a fault dropped.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Writes down what the request changed, before its answer leaves. What cannot be written is tried again with the next one.
fn keep(state: &State, file: Option<&DataFile>) {
    if let Some(file) = file {
        let _ = file.write(&state.data());
    }
}

/// Makes hyper close the connection without an answer.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault dropped the connection")
    }
}

impl std::error::Error for Dropped {}

async fn answer(
    state: Arc<State>,
    mut router: Router,
    request: Request<Incoming>,
) -> Result<Response, Dropped> {
    let (mut parts, body) = request.into_parts();
    let Some(body) = read(body).await else {
        return Ok(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE).into_response());
    };
    let recorded = RecordedRequest::new(&parts, &body);
    parts.uri = with_single_slashes(parts.uri);
    if parts.uri.path().starts_with(CONTROL) {
        return Ok(routed(&mut router, parts, body).await);
    }
    if parts.uri.path() == TOKEN_ENDPOINT {
        state.token_requests.arrived(&parts.headers, &body);
    }
    let number = state.recording.lock().arrived(recorded);
    let response = match outcome(&state, &mut router, parts, body).await {
        Outcome::Answer(response) => response,
        Outcome::Drop => return Err(Dropped),
        Outcome::Hang => future::pending().await,
    };
    state.recording.lock().answered(number, response.status().as_u16());
    Ok(response)
}

/// The whole body, unless it is or says that it is too long.
async fn read(body: Incoming) -> Option<Bytes> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > BODY_LIMIT {
        return None;
    }
    to_bytes(Body::new(body), BODY_LIMIT).await.ok()
}

/// What becomes of a request, given the faults in force when it arrives.
async fn outcome(state: &State, router: &mut Router, parts: Parts, body: Bytes) -> Outcome {
    let met = state.faults.lock().meet(parts.method.as_str(), parts.uri.path());
    let Some(fault) = met else { return Outcome::Answer(routed(router, parts, body).await) };
    if fault.is_after() {
        let served = routed(router, parts, body).await;
        tokio::time::sleep(fault.pause()).await;
        return fault.outcome(Some(served));
    }
    tokio::time::sleep(fault.pause()).await;
    if fault.serves() { fault.outcome(Some(routed(router, parts, body).await)) } else { fault.outcome(None) }
}

/// The answer of a route; foreign hosts reach none.
async fn routed(router: &mut Router, parts: Parts, body: Bytes) -> Response {
    if !host::is_local(&parts.uri, &parts.headers) {
        return Refusal::new(StatusCode::FORBIDDEN).into_response();
    }
    match router.call(Request::from_parts(parts, Body::from(body))).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The same URI with `//` in its path made `/`: a base URL that ends in a slash gives `/v0//oauth/token`.
fn with_single_slashes(uri: Uri) -> Uri {
    let mut path = uri.path().to_owned();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    let Ok(path_and_query) = PathAndQuery::try_from(format!("{path}{query}")) else { return uri };
    parts.path_and_query = Some(path_and_query);
    Uri::from_parts(parts).unwrap_or(uri)
}
