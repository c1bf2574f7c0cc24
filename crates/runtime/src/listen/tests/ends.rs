//! How connections end.

use super::*;
use std::time::Instant;

fn short(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[tokio::test(flavor = "multi_thread")]
async fn old_connections_are_replaced_and_no_call_fails() {
    let limits = short(|limits| (limits.age_seconds, limits.age_grace_seconds) = (1, 30));
    let files = Files::new();
    let plain = Served::start(None, limits.clone()).await;
    let secret = Served::start(Some(Certificates::load(&files.server(false)).unwrap().0), limits).await;
    let channels = [plain.plain(), plain.plain(), secret.secret(&files.caller(None)), secret.secret(&files.caller(None))];
    let began = Instant::now();
    let load = channels.into_iter().map(|channel| {
        // Ten calls at once over each of four connections, some ages long.
        async move {
            let one = || async {
                let (mut made, mut failed) = (0_u32, Vec::new());
                while began.elapsed() < Duration::from_secs(6) {
                    failed.extend(who(&channel).await.err());
                    made += 1;
                }
                (made, failed)
            };
            futures::future::join_all((0..10).map(|_| one())).await
        }
    });
    let done: Vec<_> = futures::future::join_all(load).await.into_iter().flatten().collect();
    let made: u32 = done.iter().map(|(made, _)| made).sum();
    let failed: Vec<_> = done.into_iter().flat_map(|(_, failed)| failed).collect();
    assert!(failed.is_empty(), "{} of {made} calls: {:?}", failed.len(), failed.first());
    assert!(made > 1_000, "{made} calls are no load");
}

#[tokio::test]
async fn a_stream_goes_on_for_the_grace_and_is_cut_then() {
    let served = Served::start(None, short(|limits| (limits.age_seconds, limits.age_grace_seconds) = (1, 2))).await;
    let began = Instant::now();
    let mut body = call(&served.plain(), "/stream").await.unwrap().into_body();
    let end = loop {
        match timeout(PATIENCE, body.frame()).await.unwrap() {
            Some(Ok(_)) => {}
            end => break end,
        }
    };
    assert!(end.is_none_or(|end| end.is_err()));
    assert!(began.elapsed() > Duration::from_millis(2_900), "after {:?}", began.elapsed());
}

#[tokio::test]
async fn whoever_holds_the_line_can_cut_it() {
    let served = Served::start(None, Limits::default()).await;
    let channel = served.plain();
    assert!(call(&channel, "/cut").await.is_err());
    assert_eq!(who(&channel).await.unwrap(), "Believed");
}

#[tokio::test]
async fn open_calls_have_a_moment_when_the_process_stops() {
    let served = Served::start(None, Limits::default()).await;
    let mut body = call(&served.plain(), "/stream").await.unwrap().into_body();
    let (address, began) = (served.address, Instant::now());
    let stopping = tokio::spawn(served.stop());
    while let Some(Ok(_)) = timeout(PATIENCE, body.frame()).await.unwrap() {}
    timeout(PATIENCE, stopping).await.unwrap().unwrap();
    assert!(began.elapsed() >= DRAIN, "after {:?}", began.elapsed());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
