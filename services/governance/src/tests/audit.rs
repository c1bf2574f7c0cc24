//! What of governance is in the audit chain.

use super::process::{Process, by};
use super::service::{say, until};
use crate::app::apply::apply;
use crossdock_core::SystemClock;
use crossdock_proto::{
    Filter,
    governance::{CommentExceptionRequest, ResolveExceptionRequest},
    operations::{AuditEntry, IssueState},
    records::ListRequest,
};
use crossdock_records::AUDIT_ENTRY;
use crossdock_store::{Location, Scan, Store};
use prost::Message;
use std::sync::Arc;

const RULES: &str = "connections:\n  - {name: erp, roles: [erp]}\n  - {name: buyer, roles: [buyer], names_principals: true}\n";

async fn entries(store: &Store) -> Vec<AuditEntry> {
    let page = |read: &mut crossdock_store::Read<'_>| read.scan(Scan::Prefix { kind: AUDIT_ENTRY, prefix: "", after: "" }, 100);
    store.read("entries", page).await.unwrap().into_iter().map(|record| AuditEntry::decode(record.body).unwrap()).collect()
}

#[tokio::test]
async fn another_policy_is_told_by_what_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Location::Sqlite(folder.path().join("governance.db")), Arc::new(SystemClock)).await.unwrap();
    let other = RULES.replace("[erp]", "[erp, warehouse]").replace("name: buyer", "name: desk") + "issue_grace: 5s\n";
    for rules in [RULES, RULES, &other] {
        let policy = crate::check("", rules).unwrap();
        store.write("policy", move |tx| apply(tx, &policy, "rules.yaml", None)).await.unwrap();
    }
    let told: Vec<String> =
        entries(&store).await.iter().map(|entry| format!("{} {} {:?}", entry.action, entry.key, entry.values)).collect();
    let (first, second) = (crate::check("", RULES).unwrap().version, crate::check("", &other).unwrap().version);
    let wanted = [
        format!(r#"POLICY_CHANGED active {{"changed": "connections", "version": "{first}"}}"#),
        r#"CONNECTION_ADDED buyer {"id_space": "ID_SPACE_CANONICAL", "name": "buyer", "names_principals": "true", "roles": "[\"ROLE_BUYER\"]"}"#.to_owned(),
        r#"CONNECTION_ADDED erp {"id_space": "ID_SPACE_CANONICAL", "name": "erp", "roles": "[\"ROLE_ERP\"]"}"#.to_owned(),
        format!(r#"POLICY_CHANGED active {{"changed": "connections, issue_grace", "version": "{second}", "version_before": "{first}"}}"#),
        r#"CONNECTION_REMOVED buyer {"id_space_before": "ID_SPACE_CANONICAL", "name_before": "buyer", "names_principals_before": "true", "roles_before": "[\"ROLE_BUYER\"]"}"#
            .to_owned(),
        r#"CONNECTION_ADDED desk {"id_space": "ID_SPACE_CANONICAL", "name": "desk", "names_principals": "true", "roles": "[\"ROLE_BUYER\"]"}"#.to_owned(),
        r#"CONNECTION_CHANGED erp {"roles": "[\"ROLE_ERP\",\"ROLE_WAREHOUSE\"]", "roles_before": "[\"ROLE_ERP\"]"}"#.to_owned(),
    ];
    assert_eq!(told, wanted);
}

#[tokio::test]
async fn what_people_say_of_an_exception_is_kept_with_who_said_it() {
    let process = Process::start(Some(&format!("{RULES}  - {{name: operator, roles: [operator]}}\n"))).await;
    say(&process, IssueState::Open, 3).await;
    until(&process, "open", 3).await;
    let mut desk = process.verbs();
    let key = || "master-data/item/ABC".to_owned();
    let comment = CommentExceptionRequest { request_id: "1".into(), key: key(), text: "asked".into() };
    desk.comment_exception(by("buyer", "ann", comment)).await.unwrap();
    for _ in 0..2 {
        let resolve = ResolveExceptionRequest { request_id: "2".into(), key: key(), note: "harmless".into() };
        desk.resolve_exception(by("buyer", "bob", resolve)).await.unwrap();
    }
    let all = ListRequest { filter: Some(Filter { kind: AUDIT_ENTRY.into(), ..Filter::default() }), ..ListRequest::default() };
    let page = process.governance("operator").list(all).await.unwrap();
    let said = page.records.into_iter().map(|record| AuditEntry::decode(record.body).unwrap());
    let said: Vec<_> = said.filter(|entry| entry.kind == "exception").collect();
    let said: Vec<_> = said
        .iter()
        .map(|entry| (entry.action.as_str(), entry.connection.as_str(), entry.principal.as_str(), entry.message.as_str()))
        .collect();
    assert_eq!(
        said,
        [("COMMENTED", "buyer", "ann", "asked"), ("RESOLVED", "buyer", "bob", "harmless")],
        "a request that is repeated decides once"
    );
    process.stop().await;
}
