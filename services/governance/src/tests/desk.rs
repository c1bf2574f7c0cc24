//! Routes, escalation, what people say, and webhooks.

use super::{
    process::{PATIENCE, Process, by, reason},
    service::{listed, say, until},
};
use crate::app::{
    apply::apply,
    desk::{self, ESCALATE, REROUTE},
    gauges::gauges,
    hear::hear,
};
use crossdock_core::{Clock, Key, Micros};
use crossdock_proto::{
    governance::{CommentExceptionRequest, Exception, ExceptionState, ResolveExceptionRequest},
    operations::{Issue, IssueState},
};
use crossdock_records::{EXCEPTION, Policy, PolicyCell, Runner, derive};
use crossdock_store::Store;
use crossdock_telemetry::metrics::{EXCEPTIONS, EXCEPTIONS_AGE, Measured, Number};
use crossdock_testkit::{Engine, Hand, Place, eventually_async};
use prost::Message;
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tonic::Code;

const CONNECTIONS: &str = "connections: [{name: erp, roles: [erp]}, {name: buyer, roles: [buyer], names_principals: true}]\n";
const KEY: &str = "master-data/item/ABC";
const MINUTE: Micros = 60_000_000;

/// A store of governance with a clock that the test moves.
struct Desk {
    store: Store,
    clock: Arc<Hand>,
    _place: Place,
}

impl Desk {
    async fn new() -> Self {
        let (place, clock) = (Place::new(Engine::Sqlite), Hand::at(0));
        let store = Store::open(place.location().clone(), Arc::<Hand>::clone(&clock)).await.unwrap();
        Self { store, clock, _place: place }
    }

    async fn apply(&self, routes: &str) {
        let policy = crate::check("policy.yaml", &format!("{CONNECTIONS}{routes}")).unwrap();
        self.store.write("policy", move |tx| apply(tx, &policy, "policy.yaml", None)).await.unwrap();
        self.run().await;
    }

    async fn hear(&self, service: &'static str, state: IssueState, records: i64) {
        let issue = Issue { cause: "item/ABC".into(), reason: "UNKNOWN_ITEM".into(), state: state.into(), records, ..Issue::default() };
        let write =
            move |tx: &mut crossdock_store::Tx<'_>| derive(tx, &Default::default(), |to| hear(service, "item/ABC", Some(&issue), to));
        self.store.write("hear", write).await.unwrap();
    }

    async fn held(&self, service: &str) -> Exception {
        let key = Key::new(EXCEPTION, format!("{service}/item/ABC"));
        let held = self.store.read("held", move |read| read.get(&[key])).await.unwrap();
        Exception::decode(held[0].body.clone()).unwrap()
    }

    /// Moves the clock and runs what is due then.
    async fn pass(&self, time: Micros) {
        self.clock.pass(time);
        self.run().await;
    }

    async fn run(&self) {
        let kinds = Arc::new(crate::service(crate::Source::BuiltIn).unwrap().kinds);
        let runner = Runner::new(
            self.store.clone(),
            kinds,
            PolicyCell::new(Arc::new(Policy::default())),
            &[(ESCALATE, desk::escalate), (REROUTE, desk::reroute)],
        );
        let running = tokio::spawn(runner.run());
        eventually_async("nothing is due", PATIENCE, async || {
            let now = self.clock.now();
            self.store.read("due", move |read| Ok(read.due(now, 1)?.is_empty())).await.unwrap().then_some(())
        })
        .await;
        running.abort();
    }
}

const ESCALATING: &str = "routes: [{name: all, team: data, escalate_after: 1h, escalate_to: leads}]";

#[tokio::test]
async fn what_nobody_acknowledges_escalates_once() {
    let desk = Desk::new().await;
    desk.apply(ESCALATING).await;
    desk.hear("master-data", IssueState::Open, 3).await;
    desk.pass(59 * MINUTE).await;
    let held = desk.held("master-data").await;
    assert_eq!((held.team.as_str(), held.escalations), ("data", 0));
    desk.hear("master-data", IssueState::Open, 9).await;
    desk.pass(MINUTE).await;
    let held = desk.held("master-data").await;
    assert_eq!((held.team.as_str(), held.escalations, held.state()), ("leads", 1, ExceptionState::Open));
    desk.pass(600 * MINUTE).await;
    assert_eq!(desk.held("master-data").await, held);

    desk.hear("master-data", IssueState::Resolved, 0).await;
    let over = desk.held("master-data").await;
    assert_eq!((over.state(), over.resolve_time.unwrap().seconds), (ExceptionState::Resolved, 660 * 60));
    desk.hear("master-data", IssueState::Open, 1).await;
    desk.pass(30 * MINUTE).await;
    let anew = desk.held("master-data").await;
    assert_eq!((anew.team.as_str(), anew.escalations, anew.open_time.unwrap().seconds), ("data", 0, 660 * 60));
    desk.hear("master-data", IssueState::Resolved, 0).await;
    desk.pass(600 * MINUTE).await;
    assert_eq!(desk.held("master-data").await.escalations, 0, "what is resolved does not escalate");
}

#[tokio::test]
async fn the_first_route_that_fits_decides_and_a_change_moves_what_is_open() {
    let desk = Desk::new().await;
    desk.apply("").await;
    for service in ["master-data", "demand-signal"] {
        desk.hear(service, IssueState::Open, 3).await;
        assert_eq!(desk.held(service).await.team, "");
    }
    desk.hear("execution-feedback", IssueState::Open, 1).await;
    desk.hear("execution-feedback", IssueState::Resolved, 0).await;
    desk.apply("routes: [{name: a, services: [demand-signal], reasons: [UNKNOWN_ITEM], team: demand}, {name: b, team: data}]").await;
    let (one, two) = (desk.held("demand-signal").await, desk.held("master-data").await);
    assert_eq!((one.team.as_str(), two.team.as_str()), ("demand", "data"));
    assert_eq!(desk.held("execution-feedback").await.team, "", "what is resolved stays where it was");

    // A route that escalates after less time than has passed already escalates at once.
    desk.pass(90 * MINUTE).await;
    desk.apply(ESCALATING).await;
    assert_eq!((desk.held("demand-signal").await.team.as_str(), desk.held("master-data").await.team.as_str()), ("leads", "leads"));
}

#[tokio::test]
async fn people_comment_and_settle() {
    let process = Process::start(Some(CONNECTIONS)).await;
    say(&process, IssueState::Open, 3).await;
    until(&process, "open", 3).await;
    let comment = |id: &str, text: &str| CommentExceptionRequest { request_id: id.into(), key: KEY.into(), text: text.into() };
    let settle = |id: &str, note: &str| ResolveExceptionRequest { request_id: id.into(), key: KEY.into(), note: note.into() };
    let mut verbs = process.verbs();
    let said = verbs.comment_exception(by("buyer", "ann", comment("1", "is it the new feed?"))).await.unwrap().into_inner();
    let said = said.exception.unwrap().comments;
    assert_eq!((said[0].principal.as_str(), said[0].text.as_str()), ("ann", "is it the new feed?"));
    for (text, expected) in [(" ", "NOTE_MISSING"), ("a\u{7}", "NOTE"), (&*"x".repeat(501), "NOTE")] {
        let refused = verbs.comment_exception(by("buyer", "ann", comment("2", text))).await.unwrap_err();
        assert_eq!(reason(&refused), expected);
        assert_eq!(reason(&verbs.resolve_exception(by("buyer", "ann", settle("2", text))).await.unwrap_err()), expected);
    }
    let done = verbs.resolve_exception(by("buyer", "ben", settle("3", "harmless"))).await.unwrap().into_inner().exception.unwrap();
    assert_eq!((done.state(), done.resolved_by.as_str(), done.note.as_str()), (ExceptionState::Resolved, "ben", "harmless"));
    let again = verbs.resolve_exception(by("buyer", "ben", settle("4", "harmless"))).await.unwrap_err();
    assert_eq!((again.code(), reason(&again)), (Code::FailedPrecondition, "EXCEPTION_RESOLVED".to_owned()));
    let refused = verbs.resolve_exception(by("erp", "", settle("5", "x"))).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_ALLOWED");
    say(&process, IssueState::Open, 4).await;
    let open = until(&process, "open", 4).await;
    assert_eq!((open.resolved_by.as_str(), open.comments.len()), ("", 1));
    process.stop().await;
}

fn routed(address: &std::net::SocketAddr) -> String {
    format!("{CONNECTIONS}routes: [{{name: all, team: data, webhook: 'http://{address}/hook?team=data'}}]\n")
}

/// Reads a request to its end: its head, its body.
async fn request(stream: &mut TcpStream) -> (String, serde_json::Value) {
    let mut read = Vec::new();
    loop {
        let mut some = [0; 4_096];
        let count = stream.read(&mut some).await.unwrap();
        read.extend_from_slice(&some[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            return (head.to_lowercase(), body);
        }
        assert!(count > 0, "the request ended early: {text}");
    }
}

/// A webhook that answers with these and then with 204; what it was told.
async fn webhook(answers: &'static [&'static str]) -> (std::net::SocketAddr, mpsc::Receiver<(String, serde_json::Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, (tell, told)) = (listener.local_addr().unwrap(), mpsc::channel(16));
    tokio::spawn(async move {
        let mut answers = answers.iter();
        while let Ok((mut stream, _)) = listener.accept().await {
            let asked = request(&mut stream).await;
            let answer = answers.next().unwrap_or(&"204 No Content");
            let answer = format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            tell.send(asked).await.unwrap();
        }
    });
    (address, told)
}

#[tokio::test]
async fn a_webhook_that_fails_is_told_again() {
    let (address, mut told) = webhook(&["500 Internal Server Error"]).await;
    let process = Process::start(Some(&routed(&address))).await;
    say(&process, IssueState::Open, 3).await;
    let (head, body) = told.recv().await.unwrap();
    assert!(head.starts_with("post /hook?team=data http/1.1") && head.contains("crossdock-event: opened"), "{head}");
    assert_eq!((&body["cause"], &body["records"], &body["team"]), (&"item/ABC".into(), &"3".into(), &"data".into()));
    let failed = eventually_async("the failure is seen", PATIENCE, async || {
        listed(&process, "open").await.filter(|held| !held.webhook_error.is_empty())
    });
    assert_eq!(failed.await.webhook_error, "it answered 500 Internal Server Error");
    assert!(told.recv().await.unwrap().0.contains("crossdock-event: opened"));
    let mended = async || listed(&process, "open").await.filter(|held| held.webhook_error.is_empty() && held.untold.is_empty());
    eventually_async("the failure is over", PATIENCE, mended).await;

    say(&process, IssueState::Resolved, 0).await;
    let (head, body) = told.recv().await.unwrap();
    assert!(head.contains("crossdock-event: resolved"), "{head}");
    assert_eq!(body["state"], "EXCEPTION_STATE_RESOLVED");
    process.stop().await;
}

#[tokio::test]
async fn a_webhook_that_never_answers_holds_up_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (calls, mut called) = mpsc::channel(16);
    let silent = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
            calls.send(()).await.unwrap();
        }
    });
    let process = Process::start(Some(&routed(&address))).await;
    say(&process, IssueState::Open, 3).await;
    called.recv().await.unwrap();
    say(&process, IssueState::Open, 5).await;
    until(&process, "open", 5).await;
    let asked = CommentExceptionRequest { request_id: "1".into(), key: KEY.into(), text: "does it ring?".into() };
    process.verbs().comment_exception(by("buyer", "ann", asked)).await.unwrap();
    let seen = async || listed(&process, "open").await.filter(|held| !held.webhook_error.is_empty());
    assert_eq!(eventually_async("the silence is seen", PATIENCE, seen).await.webhook_error, "no answer within 5 seconds");
    called.recv().await.unwrap();

    // Without the route there is nobody to tell, and nothing to complain of.
    process.write_policy(CONNECTIONS);
    let quiet = async || listed(&process, "open").await.filter(|held| held.webhook_error.is_empty() && held.untold.is_empty());
    eventually_async("nothing is untold", PATIENCE, quiet).await;
    silent.abort();
    process.stop().await;
}

#[tokio::test]
async fn the_desk_says_what_is_open_and_how_old_it_is() {
    let desk = Desk::new().await;
    desk.apply("routes: [{name: masters, services: [master-data], team: data}]").await;
    desk.hear("master-data", IssueState::Open, 1).await;
    desk.hear("demand-signal", IssueState::Open, 2).await;
    desk.hear("execution-feedback", IssueState::Open, 2).await;
    desk.hear("execution-feedback", IssueState::Resolved, 0).await;
    let said = desk.store.read("gauges", |read| gauges(read, &Policy::default(), 5 * MINUTE)).await.unwrap();
    // No first time was said: they are as young as can be.
    let of =
        |team| [Measured::new(&EXCEPTIONS, &["warning", team], 1), Measured::new(&EXCEPTIONS_AGE, &["warning", team], Number::seconds(0))];
    assert_eq!(said, [of("data"), of("nobody")].concat());
}
