//! Who gets in, and certificates that change.

use super::*;
use crossdock_testkit::eventually_async;
use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Instant,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn a_caller_is_known_by_the_names_in_its_certificate() {
    let files = Files::new();
    files.issue("erp", &["erp.example.com", "10.0.0.1", "urn:crossdock:connection:erp"]);
    let served = files.serve(false).await;
    let erp = served.secret(&files.caller(Some("erp")));
    assert_eq!(who(&erp).await.unwrap(), "erp.example.com urn:crossdock:connection:erp");
    assert_eq!(who(&served.secret(&files.caller(None))).await.unwrap(), "");
    served.stop().await;
    let plain = Served::start(None, Limits::default()).await;
    assert_eq!(who(&plain.plain()).await.unwrap(), "Believed");
}

#[tokio::test]
async fn where_certificates_are_required_only_good_ones_get_in() {
    let files = Files::new();
    let stranger = Authority::new("stranger", now(), DAY).unwrap();
    let day = Micros::try_from(DAY.as_micros()).unwrap();
    files.issue("good", &["urn:a"]);
    files.issue_of(&stranger, "unknown", &["urn:a"], now(), DAY);
    files.issue_of(&files.authority, "ended", &["urn:a"], now() - 2 * day, DAY);
    let served = files.serve(true).await;
    let said = async |shown| refused(&served.secret(&files.caller(shown))).await;
    assert_eq!(who(&served.secret(&files.caller(Some("good")))).await.unwrap(), "urn:a");
    // The refusal may come before the call is under way, and after.
    for _ in 0..100 {
        assert_eq!(said(None).await, "it wants a client certificate, and was shown none");
    }
    assert_eq!(said(Some("unknown")).await, "it does not know the authority of the certificate that it was shown");
    assert_eq!(said(Some("ended")).await, "the certificate that it was shown has ended");
}

#[tokio::test]
async fn a_caller_believes_only_whom_it_may() {
    let (files, others) = (Files::new(), Files::new());
    let served = files.serve(false).await;
    let stranger = refused(&served.secret(&others.caller(None))).await;
    assert_eq!(stranger, "its certificate is not believed: its authority is not among those that are trusted here");
    files.issue("server", &["other.example.com"]);
    let wrong = refused(&files.serve(false).await.secret(&files.caller(None))).await;
    assert!(wrong.contains("other.example.com") && wrong.contains("not for 127.0.0.1"), "{wrong}");
    let day = Micros::try_from(DAY.as_micros()).unwrap();
    files.issue_of(&files.authority, "server", &["127.0.0.1"], now() - 2 * day, DAY);
    let ended = refused(&files.serve(false).await.secret(&files.caller(None))).await;
    assert_eq!(ended, "its certificate is not believed: it has ended");
}

#[tokio::test]
async fn plain_text_and_tls_do_not_meet() {
    let files = Files::new();
    let (secret, plain) = (files.serve(false).await, Served::start(None, Limits::default()).await);
    assert!(who(&secret.plain()).await.is_err());
    let crossed = who(&plain.secret(&files.caller(None))).await.unwrap_err();
    assert!(crossed.message().contains("may not speak TLS"), "{crossed:?}");
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let files = Files::new();
    let served = files.serve(false).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    // A client hello of 1.2: one suite, no compression, one group, one way to sign.
    let extensions = [0, 16, 0, 10, 0, 4, 0, 2, 0, 0x17, 0, 13, 0, 4, 0, 2, 4, 3];
    let hello = [&[0x03, 0x03][..], &[7; 32], &[0, 0, 2, 0xc0, 0x2f, 1, 0], &extensions].concat();
    let length = u8::try_from(hello.len()).unwrap();
    stream.write_all(&[&[0x16, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat()).await.unwrap();
    let mut said = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut said)).await.unwrap().unwrap();
    // A fatal alert: protocol_version.
    assert_eq!(said.get(..1).zip(said.get(5..)), Some((&[0x15][..], &[2, 70][..])), "{said:?}");
}

/// Calls one after the other until it is told to end; how many there were, and what failed.
async fn calls(channel: Channel, end: Arc<AtomicBool>, made: Arc<AtomicU32>) -> Vec<Status> {
    let mut failed = Vec::new();
    while !end.load(Ordering::SeqCst) {
        failed.extend(who(&channel).await.err());
        made.fetch_add(1, Ordering::SeqCst);
    }
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_change_while_callers_call() {
    let files = Files::new();
    files.issue("erp", &["urn:first"]);
    let (certificates, renewal) = Certificates::load(&files.server(true)).unwrap();
    let renewing = tokio::spawn(renewal.run(Arc::new(SystemClock), |endings| assert_eq!(endings.len(), 3)));
    let served = Served::start(Some(certificates.clone()), Limits::default()).await;
    let shown = || async {
        let connector = files.caller(Some("erp"));
        let uri = format!("https://{}", served.address).parse().unwrap();
        connector.clone().call(uri).await.map(drop).map_err(|error| explain(&error).unwrap_or_default())
    };
    let (end, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let calling = tokio::spawn(calls(served.secret(&files.caller(Some("erp"))), Arc::clone(&end), Arc::clone(&made)));

    eventually_async("the first calls", PATIENCE, async || (made.load(Ordering::SeqCst) > 100).then_some(())).await;

    // Another authority, everything anew: who trusts only the one before is not let in any more, and does not believe either.
    let before = files.caller(Some("erp"));
    let next = Authority::new("next", now(), DAY).unwrap();
    files.issue_of(&next, "server", &["127.0.0.1"], now(), DAY);
    files.issue_of(&next, "erp", &["urn:second"], now(), DAY);
    files.write("authority", next.pem());
    eventually_async("the new certificates", PATIENCE, async || shown().await.ok()).await;
    assert!(refused(&served.secret(&before)).await.contains("not believed"));
    assert_eq!(who(&remote(&format!("https://{}", served.address), certificates.connector()).unwrap()).await.unwrap(), "");

    // Half a file, and the key of another: what was good stays good however often the files are looked at.
    files.write("server", "-----BEGIN CERTIFICATE-----\nMII");
    files.write("server-key", "");
    let written = Instant::now();
    eventually_async("some looks", PATIENCE, async || (written.elapsed() > Duration::from_secs(4)).then_some(())).await;
    assert_eq!(shown().await, Ok(()));
    files.issue("server", &["127.0.0.1"]);
    eventually_async("the third certificates", PATIENCE, async || shown().await.err()).await;

    end.store(true, Ordering::SeqCst);
    let failed = calling.await.unwrap();
    assert!(failed.is_empty() && made.load(Ordering::SeqCst) > 1_000, "{} of {made:?}: {:?}", failed.len(), failed.first());
    renewing.abort();
}

#[test]
fn files_that_cannot_be_used_are_named_with_what_is_wrong() {
    let files = Files::new();
    let fault = |tls: &Tls| Certificates::load(tls).err().unwrap().message;
    files.issue("other", &["urn:other"]);
    let good = files.server(true);
    let wrong = fault(&Tls { key: files.path("other-key"), ..good.clone() });
    assert!(wrong.ends_with(&format!("other-key: it is not the key of {}", files.path("server").display())), "{wrong}");
    assert!(fault(&Tls { key: files.path("server"), ..good.clone() }).contains("there is no private key in it"));
    assert!(fault(&Tls { certificate: files.path("server-key"), ..good.clone() }).contains("there is no certificate in it"));
    assert!(fault(&Tls { certificate: files.path("nowhere"), ..good.clone() }).contains("nowhere: No such file"));
    assert!(fault(&Tls { client_authorities: None, ..good }).contains("client authorities"));
}
