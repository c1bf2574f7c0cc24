//! The API server, as the operator uses it: it lists and watches the objects of one namespace, writes their status, and tells events.

use crate::{
    object::{Object, Status},
    resources::Kind,
};
use futures::{TryStreamExt, future::try_join_all};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{
    Client, Resource,
    api::{Api, DynamicObject, ListParams, Patch, PatchParams},
    core::{PartialObjectMeta, Status as Answer},
    runtime::{
        WatchStreamExt,
        events::{Event, EventType, Recorder},
        watcher,
    },
};
use serde_json::json;
use std::{future::Future, pin::pin, sync::Arc, time::Duration};
use tokio::{sync::Notify, time::timeout};

/// Who writes the status.
const MANAGER: &str = "crossdock-operator";
/// How long an answer of the API server may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest note of an event, in bytes.
const NOTE: usize = 1_024;

/// One namespace.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    pub namespace: String,
}

impl Cluster {
    /// A namespace of the cluster of this client.
    pub fn new(client: Client, namespace: String) -> Self {
        Self { client, namespace }
    }

    fn api(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource())
    }

    /// All objects as they are at this moment: never from a cache.
    ///
    /// # Errors
    /// Why they cannot be listed.
    pub async fn list(&self) -> Result<Vec<Object>, String> {
        let of = async |kind: Kind| {
            let listed = within(self.api(kind).list(&ListParams::default())).await.map_err(|why| format!("{}: {why}", kind.name()))?;
            Ok::<_, String>(listed.into_iter().map(move |raw| Object::new(kind, raw)))
        };
        Ok(try_join_all(Kind::ALL.map(of)).await?.into_iter().flatten().collect())
    }

    /// Notifies of every change of an object, as long as it runs.
    pub async fn watch(self, kind: Kind, changes: Arc<Notify>) {
        let api: Api<PartialObjectMeta<DynamicObject>> = Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource());
        let mut events = pin!(watcher(api, watcher::Config::default()).default_backoff());
        let mut said = false;
        loop {
            match events.try_next().await {
                Ok(Some(event)) => {
                    said = false;
                    if !matches!(event, watcher::Event::Init | watcher::Event::InitApply(_)) {
                        changes.notify_one();
                    }
                }
                Ok(None) => return,
                Err(error) if said => tracing::debug!(kind = kind.name(), %error, "still no watch"),
                Err(error) => {
                    said = true;
                    tracing::warn!(kind = kind.name(), %error, "the objects cannot be watched; it is tried again");
                }
            }
        }
    }

    /// Writes the status of an object, if nobody has changed the object since it was listed; whether it did.
    ///
    /// # Errors
    /// Why it could not be written.
    pub async fn say(&self, object: &Object, status: &Status) -> Result<bool, String> {
        let resource = object.kind.resource();
        let held = &object.raw.metadata;
        let patch = json!({
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"name": object.name, "uid": held.uid, "resourceVersion": held.resource_version},
            "status": status,
        });
        let api = self.api(object.kind);
        let to = PatchParams::apply(MANAGER).force();
        let patch = Patch::Apply(&patch);
        match timeout(PATIENCE, api.patch_status(&object.name, &to, &patch)).await {
            Ok(Ok(_)) => Ok(true),
            // Changed or deleted meanwhile: whoever did so is heard of.
            Ok(Err(kube::Error::Api(answer))) if matches!(answer.code, 404 | 409) => Ok(false),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err(late()),
        }
    }

    /// Tells an event of an object. One that is lost is no harm: the status says the same.
    pub async fn tell(&self, object: &Object, of: &Condition) {
        let type_ = if of.status == "True" { EventType::Normal } else { EventType::Warning };
        let end = of.message.floor_char_boundary(NOTE);
        let event = Event {
            type_,
            reason: of.reason.clone(),
            note: Some(of.message.get(..end).unwrap_or_default().to_owned()),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        let about = object.raw.object_ref(&object.kind.resource());
        // One that remembers what it told would count this as one of before, with the note of then.
        let recorder = Recorder::new(self.client.clone(), MANAGER.into());
        if let Err(why) = within(recorder.publish(&event, &about)).await {
            tracing::warn!(object = %object, why, "an event could not be told");
        }
    }
}

async fn within<T>(answer: impl Future<Output = kube::Result<T>>) -> Result<T, String> {
    timeout(PATIENCE, answer).await.map_err(|_| late())?.map_err(|error| told(&error))
}

fn late() -> String {
    format!("the API server does not answer within {PATIENCE:?}")
}

/// What is wrong, and what would be right.
fn told(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(answer) => match &**answer {
            Answer { code: 404, .. } => {
                "the definitions are not there: install the chart crossdock-crds, or `crossdock operator crds | kubectl apply -f -`"
                    .to_owned()
            }
            Answer { message, .. } => message.clone(),
        },
        error => {
            let mut last: &dyn std::error::Error = error;
            while let Some(source) = last.source() {
                last = source;
            }
            last.to_string()
        }
    }
}
