//! Tells webhooks what became of exceptions. What is untold stands on the exception itself, so nothing is lost with the process.

use crate::{app::told::told, model::route};
use bytes::Bytes;
use crossdock_core::{Error, Micros, Result};
use crossdock_proto::{
    governance::{self, Exception},
    schema,
};
use crossdock_records::{EXCEPTION, micros};
use crossdock_rpc::Handle;
use crossdock_store::Scan;
use crossdock_telemetry::metrics::{RETRIES, WEBHOOKS};
use futures::future::join_all;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use prost::Message;
use prost_reflect::{DynamicMessage, SerializeOptions};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// What happened, beside the exception in the body.
const EVENT: &str = "crossdock-event";
/// A webhook has to answer within this time.
const PATIENCE: Duration = Duration::from_secs(5);
/// After a failure of the store.
const PAUSE: Duration = Duration::from_millis(500);
/// How often it looks for what another process left behind.
const LOOK: Duration = Duration::from_secs(5);
/// Exceptions of a page, and those told to one webhook before the next look.
const PAGE: usize = 100;
const TOGETHER: usize = 8;

/// Tells webhooks for as long as the service runs.
#[expect(clippy::disallowed_methods, reason = "a back-off, and a look at what another process left behind")]
pub async fn run(handle: Handle) {
    let teller = Teller { client: Client::builder(TokioExecutor::new()).build_http(), handle };
    let mut head = teller.handle.store.head();
    loop {
        head.borrow_and_update();
        let wait = match teller.look().await {
            Ok(Some(at)) => Duration::from_micros((at - teller.handle.store.clock().now()).max(0).unsigned_abs()).min(LOOK),
            Ok(None) => LOOK,
            Err(error) => {
                tracing::warn!(%error, "webhooks could not be told; it is tried again");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        tokio::select! {
            changed = head.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
        }
    }
}

struct Teller {
    client: Client<HttpConnector, Full<Bytes>>,
    handle: Handle,
}

/// What is to be told now, by webhook, with the keys of the exceptions; and when to look again.
#[derive(Default)]
struct Pending {
    now: BTreeMap<String, Vec<(String, Exception)>>,
    next: Option<Micros>,
}

impl Teller {
    /// Tells what is due; when something is due again.
    async fn look(&self) -> Result<Option<Micros>> {
        let pending = self.pending().await?;
        let calls = pending.now.iter().map(|(webhook, exceptions)| self.tell(webhook, exceptions));
        join_all(calls).await.into_iter().collect::<Result<()>>()?;
        Ok(pending.next)
    }

    async fn pending(&self) -> Result<Pending> {
        let (mut pending, mut after) = (Pending::default(), String::new());
        loop {
            let from = after.clone();
            let scan = move |read: &mut crossdock_store::Read<'_>| {
                read.scan(Scan::Field { kind: EXCEPTION, name: "untold", value: "yes", prefix: "", after: &from }, PAGE)
            };
            let page = self.handle.store.read("untold", scan).await?;
            let policy = self.handle.policy.borrow().document.clone();
            for record in &page {
                let exception =
                    Exception::decode(record.body.clone()).map_err(|error| Error::internal("a kept exception cannot be read", error))?;
                pending.take(&policy, &record.key, exception, self.handle.store.clock().now());
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after.clone_from(&last.key),
                _ => return Ok(pending),
            }
        }
    }

    /// Tells one webhook, until it fails.
    async fn tell(&self, webhook: &str, exceptions: &[(String, Exception)]) -> Result<()> {
        for (key, exception) in exceptions {
            let Some(event) = exception.untold.first().cloned() else { continue };
            // Without a webhook there is nobody to tell any more.
            let answer = if webhook.is_empty() { Ok(()) } else { self.post(webhook, &event, exception).await };
            if let Err(error) = &answer {
                tracing::warn!(webhook = shown(webhook), exception = key, error, "a webhook was not told; it is tried again");
            }
            if !webhook.is_empty() {
                WEBHOOKS.record(&[if answer.is_ok() { "delivered" } else { "failed" }], 1);
            }
            let (key, failed) = (key.clone(), answer.is_err());
            let note = move |tx: &mut crossdock_store::Tx<'_>| told(tx, &key, &event, answer.as_ref().map_err(String::as_str).copied());
            self.handle.store.write("told", note).await?;
            if failed {
                RETRIES.record(&[self.handle.name, "webhook"], 1);
                break;
            }
        }
        Ok(())
    }

    async fn post(&self, webhook: &str, event: &str, exception: &Exception) -> std::result::Result<(), String> {
        let request = http::Request::post(webhook).header(http::header::CONTENT_TYPE, "application/json").header(EVENT, event);
        let request = request.body(Full::new(Bytes::from(json(exception)?))).map_err(|error| error.to_string())?;
        match timeout(PATIENCE, self.client.request(request)).await {
            Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
            Ok(Err(error)) => Err(format!("it cannot be reached: {}", cause(&error))),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!("it answered {}", answer.status())),
        }
    }
}

impl Pending {
    fn take(&mut self, policy: &governance::Policy, key: &str, exception: Exception, now: Micros) {
        let at = exception.next_try_time.as_ref().map_or(now, micros);
        let webhook = route::of(policy, &exception).map_or("", |route| route.webhook.as_str());
        let due = self.now.entry(webhook.to_owned()).or_default();
        if at <= now && due.len() < TOGETHER {
            due.push((key.to_owned(), exception));
        } else {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
    }
}

/// What is told of a webhook: its path may hold a key.
fn shown(webhook: &str) -> String {
    let address: Option<http::Uri> = webhook.parse().ok();
    let host = address.as_ref().and_then(|address| Some((address.scheme_str()?, address.host()?, address.port_u16())));
    host.map_or_else(String::new, |(scheme, host, port)| {
        format!("{scheme}://{host}{}", port.map_or_else(String::new, |port| format!(":{port}")))
    })
}

/// The innermost reason, which says more than those around it.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

/// The exception as `crossdock get` prints it, without how its webhook is told.
fn json(exception: &Exception) -> std::result::Result<Vec<u8>, String> {
    let name = "crossdock.governance.v1.Exception";
    let descriptor = schema().pool.get_message_by_name(name).ok_or_else(|| format!("{name} is not in the contracts"))?;
    let shown = Exception { untold: Vec::new(), failed_tries: 0, next_try_time: None, webhook_error: String::new(), ..exception.clone() };
    let dynamic = DynamicMessage::decode(descriptor, shown.encode_to_vec().as_slice()).map_err(|error| error.to_string())?;
    let mut body = serde_json::Serializer::new(Vec::new());
    let options = SerializeOptions::new().use_proto_field_name(true);
    dynamic.serialize_with_options(&mut body, &options).map_err(|error| error.to_string())?;
    Ok(body.into_inner())
}
