//! `GET /models`: two models of whichever workspace asks.

use axum::Json;
use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::query_value;
use crate::answer::Refusal;
use crate::caller::Caller;

/// The first version of the API whose listings come in pages; without a version the oldest answers.
const PAGED_SINCE: &str = "2026-04-28";

/// A bare array, or `{data, meta}` for clients that send `Blaxel-Version`; `?limit=` shortens either.
pub(super) async fn list(
    Caller(identity): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Refusal> {
    let models: Vec<Value> = ["small", "large"].iter().map(|name| model(name, &identity.workspace)).collect();
    let total = models.len();
    let from = query_value(&uri, "cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let limit = query_value(&uri, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(total);
    let page: Vec<Value> = models.into_iter().skip(from).take(limit).collect();
    if !is_paged(&headers)? {
        return Ok(Json(page.into()));
    }
    let next = from.saturating_add(page.len());
    let has_more = !page.is_empty() && next < total;
    let next_cursor = if has_more { next.to_string() } else { String::new() };
    Ok(Json(json!({"data": page, "meta": {"hasMore": has_more, "nextCursor": next_cursor, "total": total}})))
}

/// Versions are dates, so that text compares as time does.
fn is_paged(headers: &HeaderMap) -> Result<bool, Refusal> {
    let Some(version) = headers.get("blaxel-version") else { return Ok(false) };
    let version = version.to_str().unwrap_or_default();
    let is_date = version.len() == 10
        && version.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if is_date { Ok(version >= PAGED_SINCE) } else { Err(Refusal::bad_request("invalid_api_version")) }
}

fn model(name: &str, workspace: &str) -> Value {
    json!({
        "metadata": {
            "name": name,
            "displayName": name,
            "workspace": workspace,
            "labels": {},
            "createdAt": "2025-01-01T00:00:00Z",
            "updatedAt": "2025-01-01T00:00:00Z",
        },
        "spec": {
            "enabled": true,
            "policies": [],
            "flavors": [],
            "integrationConnections": [],
            // One of the types that the platform's own clients know; they fail on any other.
            "runtime": {"type": "hf_public_endpoint", "model": name},
            "sandbox": false,
        },
        // The platform's own clients read a status of text from each model.
        "status": "DEPLOYED",
        "events": [],
    })
}
