//! Tokens as operators make, replace and revoke them, and as services follow them.

use super::process::{PATIENCE, Process, by, reason};
use crate::app::token::{FORGET, Made, create, forget, revoke, rotate};
use bytes::Bytes;
use crossdock_core::{Key, Result};
use crossdock_identity::{NewToken, has_hash, token_id};
use crossdock_proto::governance::{CreateTokenRequest, RevokeTokenRequest, RotateTokenRequest, Token};
use crossdock_records::{Kinds, Origin, Policy, PolicyCell, Runner, TOKEN, message};
use crossdock_store::Store;
use crossdock_testkit::{Engine, Hand, Place, eventually_async};
use prost_types::Duration;
use std::sync::Arc;

const RULES: &str = "connections:\n  - {name: operator, roles: [operator], names_principals: true}\n  - {name: erp, roles: [erp], authentication: token}\n  - {name: wms, roles: [warehouse], authentication: {certificate: [wms.example]}}\n";
const DAY: i64 = 86_400;

fn asked(id: &str, connection: &str) -> CreateTokenRequest {
    CreateTokenRequest { request_id: id.into(), connection: connection.into(), ..CreateTokenRequest::default() }
}

#[tokio::test]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let process = Process::start(Some(RULES)).await;
    let ask = async || process.verbs().create_token(by("operator", "ann", asked("1", "erp"))).await;
    let made = eventually_async("the policy is in force", PATIENCE, async || ask().await.ok()).await.into_inner();
    let token = made.token.clone().unwrap();
    assert_eq!((token.connection.as_str(), token.created_by.as_str()), ("erp", "ann"));
    assert_eq!(token_id(&made.secret), Some(token.id.as_str()));
    assert!(has_hash(&made.secret, &token.hash));
    assert!(!format!("{made:?}").contains(&made.secret));
    let again = ask().await.unwrap().into_inner();
    assert_eq!((again.token, again.secret.as_str()), (made.token, ""), "the same request names the same token, without its secret");
    eventually_async("who follows governance has it", PATIENCE, async || {
        let key = Key::new(TOKEN, &token.id);
        process.stub.store.read("token", move |read| read.get(&[key])).await.unwrap().pop()
    })
    .await;

    let rotate = RotateTokenRequest { request_id: "2".into(), id: token.id.clone(), ..RotateTokenRequest::default() };
    let next = process.verbs().rotate_token(by("operator", "ann", rotate.clone())).await.unwrap().into_inner();
    assert!(has_hash(&next.secret, &next.token.clone().unwrap().hash) && next.secret != made.secret);
    let again = process.verbs().rotate_token(by("operator", "ann", rotate)).await.unwrap().into_inner();
    assert_eq!((again.token, again.secret.as_str()), (next.token.clone(), ""));
    let revoke = RevokeTokenRequest { request_id: "3".into(), id: next.token.unwrap().id, note: "lost".into() };
    let revoked = process.verbs().revoke_token(by("operator", "ben", revoke)).await.unwrap().into_inner().token.unwrap();
    assert_eq!((revoked.revoked_by.as_str(), revoked.revoke_note.as_str()), ("ben", "lost"));

    let refused = async |connection: &str, name: &str| {
        reason(&process.verbs().create_token(by(connection, "", asked(name, name))).await.unwrap_err())
    };
    assert_eq!(refused("operator", "wms").await, "TOKEN_CONNECTION");
    assert_eq!(refused("operator", "nobody").await, "TOKEN_CONNECTION");
    assert_eq!(refused("erp", "erp").await, "NOT_ALLOWED");
    process.stop().await;
}

/// A store of governance with a clock that the test moves.
struct Desk {
    store: Store,
    clock: Arc<Hand>,
    policy: Arc<Policy>,
    _place: Place,
}

impl Desk {
    async fn new() -> Self {
        let (place, clock) = (Place::new(Engine::Sqlite), Hand::at(0));
        let store = Store::open(place.location().clone(), Arc::<Hand>::clone(&clock)).await.unwrap();
        let policy = Arc::new(Policy::new(crate::check("policy.yaml", RULES).unwrap()));
        Self { store, clock, policy, _place: place }
    }

    async fn create(&self, change: impl FnOnce(&mut CreateTokenRequest)) -> Result<Token> {
        let (policy, new, mut asked) = (Arc::clone(&self.policy), NewToken::make().unwrap(), asked("", "erp"));
        change(&mut asked);
        let verb = move |tx: &mut crossdock_store::Tx<'_>| create(tx, &policy, &ann(), &asked, &Made { id: &new.id, hash: &new.hash });
        self.store.write("create", verb).await
    }

    async fn rotate(&self, id: &str, change: impl FnOnce(&mut RotateTokenRequest)) -> Result<Token> {
        let (policy, new) = (Arc::clone(&self.policy), NewToken::make().unwrap());
        let mut asked = RotateTokenRequest { id: id.into(), ..RotateTokenRequest::default() };
        change(&mut asked);
        let verb = move |tx: &mut crossdock_store::Tx<'_>| rotate(tx, &policy, &ann(), &asked, &Made { id: &new.id, hash: &new.hash });
        self.store.write("rotate", verb).await
    }

    async fn revoke(&self, id: &str, note: &str) -> Result<Token> {
        let asked = RevokeTokenRequest { request_id: String::new(), id: id.into(), note: note.into() };
        self.store.write("revoke", move |tx| revoke(tx, &ann(), &asked)).await
    }

    async fn held(&self, id: &str) -> Option<Token> {
        let key = Key::new(TOKEN, id);
        let held = self.store.read("token", move |read| read.get(&[key])).await.unwrap();
        held.first().filter(|held| !held.deleted).and_then(message::<Token>)
    }

    /// Runs what is due after so many days.
    async fn after(&self, days: i64) {
        self.clock.set(days * DAY * 1_000_000);
        let runner = Runner::new(self.store.clone(), Arc::new(Kinds::new()), PolicyCell::default(), &[(FORGET, forget)]);
        runner.drain().await.unwrap();
    }
}

fn ann() -> Origin {
    Origin { connection: "operator".into(), principal: "ann".into(), trace: Bytes::new(), received: None }
}

fn days(days: i64) -> Option<Duration> {
    Some(Duration { seconds: days * DAY, nanos: 0 })
}

fn end(token: &Token) -> Option<i64> {
    token.expire_time.map(|end| end.seconds / DAY)
}

#[tokio::test]
async fn both_tokens_are_good_while_they_overlap() {
    let desk = Desk::new().await;
    let first = desk.create(|asked| (asked.expire_after, asked.note) = (days(10), "nightly".into())).await.unwrap();
    let second = desk.rotate(&first.id, |asked| asked.overlap = days(2)).await.unwrap();
    let before = desk.held(&first.id).await.unwrap();
    assert_eq!((end(&before), before.replaced_by.as_str()), (Some(2), second.id.as_str()));
    assert_eq!((end(&second), second.connection.as_str(), second.note.as_str()), (None, "erp", "nightly"));
    let third = desk.rotate(&second.id, |asked| asked.expire_after = days(90)).await.unwrap();
    assert_eq!((end(&desk.held(&second.id).await.unwrap()), end(&third)), (Some(1), Some(90)), "a day is usual");
    let soon = desk.create(|asked| asked.expire_after = days(1)).await.unwrap();
    desk.rotate(&soon.id, |asked| asked.overlap = days(7)).await.unwrap();
    assert_eq!(end(&desk.held(&soon.id).await.unwrap()), Some(1), "an overlap lengthens nothing");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let desk = Desk::new().await;
    let token = desk.create(|_| {}).await.unwrap();
    let mut told = Vec::new();
    for time in [days(0), days(-1), days(3_661)] {
        told.push(desk.create(|asked| asked.expire_after = time).await.unwrap_err().reason);
        told.push(
            desk.rotate(&token.id, |asked| asked.overlap = time.filter(|time| time.seconds != 0).or(days(31))).await.unwrap_err().reason,
        );
    }
    assert_eq!(told, ["TOKEN_TIME"; 6]);
    assert_eq!(desk.create(|asked| asked.note = "x".repeat(501)).await.unwrap_err().reason, "NOTE");
    assert_eq!(desk.rotate("none", |_| {}).await.unwrap_err().reason, "UNKNOWN_TOKEN");
    assert_eq!(desk.revoke(&token.id, "").await.unwrap_err().reason, "NOTE_MISSING");
    desk.revoke(&token.id, "lost").await.unwrap();
    assert_eq!(desk.revoke(&token.id, "again").await.unwrap_err().reason, "TOKEN_ENDED");
    assert_eq!(desk.rotate(&token.id, |_| {}).await.unwrap_err().reason, "TOKEN_ENDED");
    let short = desk.create(|asked| asked.expire_after = days(1)).await.unwrap();
    desk.after(1).await;
    assert_eq!(desk.rotate(&short.id, |_| {}).await.unwrap_err().reason, "TOKEN_ENDED");
}

#[tokio::test]
async fn a_token_that_ended_is_shown_for_ninety_days() {
    let desk = Desk::new().await;
    let expires = desk.create(|asked| asked.expire_after = days(10)).await.unwrap();
    let revoked = desk.create(|asked| asked.expire_after = days(10)).await.unwrap();
    let stays = desk.create(|_| {}).await.unwrap();
    desk.revoke(&revoked.id, "lost").await.unwrap();
    desk.after(89).await;
    assert!(desk.held(&revoked.id).await.is_some());
    desk.after(90).await;
    assert!(desk.held(&revoked.id).await.is_none() && desk.held(&expires.id).await.is_some());
    desk.after(1_000).await;
    assert!(desk.held(&expires.id).await.is_none() && desk.held(&stays.id).await.is_some());
}

#[tokio::test]
async fn there_are_at_most_a_thousand_live_tokens() {
    let desk = Desk::new().await;
    let policy = Arc::clone(&desk.policy);
    let many = move |tx: &mut crossdock_store::Tx<'_>| {
        for number in 0..1_000 {
            let id = format!("{number:012}");
            create(tx, &policy, &ann(), &asked("", "erp"), &Made { id: &id, hash: &[] })?;
        }
        Ok(())
    };
    let refused = desk.store.write("many", many).await;
    assert!(refused.is_ok(), "{refused:?}");
    assert_eq!(desk.create(|_| {}).await.unwrap_err().reason, "TOO_MANY_TOKENS");
    desk.revoke("000000000007", "room").await.unwrap();
    desk.create(|_| {}).await.unwrap();
}
