//! Limits of connections, while a caller that keeps to them is served.

use super::*;
use crossdock_telemetry::metrics::{CONNECTIONS, CONNECTIONS_REFUSED};
use crossdock_testkit::eventually_async;
use std::time::Instant;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
};

/// Waits until the other side has closed; what it said before.
async fn closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    // A reset is an end too.
    timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("it is still open").ok();
    said
}

#[tokio::test]
async fn a_connection_without_a_call_is_closed() {
    let served = Served::start(None, Limits { idle_seconds: 1, ..Limits::default() }).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let began = Instant::now();
    // The preface, and settings without any.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut said = [0; 9];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(said[3], 4, "its settings come first");
    // A call keeps it open, and what comes after an idle connection opens a new one.
    let channel = served.plain();
    let mut body = call(&channel, "/stream").await.unwrap().into_body();
    while began.elapsed() < Duration::from_secs(3) {
        assert!(body.frame().await.unwrap().is_ok());
    }
    drop(stream);
    assert_eq!(who(&channel).await.unwrap(), "Believed");
}

#[tokio::test]
async fn who_does_not_come_to_the_point_is_sent_away() {
    let files = Files::new();
    let limits = Limits { handshake_seconds: 1, ..Limits::default() };
    let secret = Served::start(Some(Certificates::load(&files.server(false)).unwrap().0), limits.clone()).await;
    let plain = Served::start(None, limits).await;
    for (address, bytes) in [(secret.address, &[0x16, 3, 1, 2, 0, 1][..]), (plain.address, b"PRI * HT")] {
        let (mut silent, mut slow) = (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
        slow.write_all(bytes).await.unwrap();
        assert_eq!((closed(&mut silent).await, closed(&mut slow).await), (vec![], vec![]));
    }
    let mut other = TcpStream::connect(plain.address).await.unwrap();
    other.write_all(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n").await.unwrap();
    assert_eq!(closed(&mut other).await, b"");
    assert!(CONNECTIONS_REFUSED.shown(&["handshake"]) >= Some(5.0));
}

#[tokio::test]
async fn an_address_has_only_so_many_connections() {
    let served = Served::start(None, Limits { connections_per_address: 3, ..Limits::default() }).await;
    let innocent = served.plain();
    assert_eq!(who(&innocent).await.unwrap(), "Believed");
    let mut held = [TcpStream::connect(served.address).await.unwrap(), TcpStream::connect(served.address).await.unwrap()];
    let mut over = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(closed(&mut over).await, b"");
    assert_eq!(who(&innocent).await.unwrap(), "Believed");
    assert!(CONNECTIONS_REFUSED.shown(&["address"]) >= Some(1.0) && CONNECTIONS.shown(&[]) >= Some(3.0));
    // One goes, and there is room again.
    held[0].shutdown().await.unwrap();
    let room = async || who(&served.plain()).await.ok();
    eventually_async("room", PATIENCE, room).await;
}

/// A frame of HTTP/2: type, flags, stream, payload.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The next frame's type, flags and stream.
async fn next_frame(stream: &mut BufStream<TcpStream>) -> (u8, u8, u32) {
    let mut head = [0; 9];
    timeout(PATIENCE, stream.read_exact(&mut head)).await.unwrap().expect("the connection was closed");
    let [a, b, c, kind, flags, id @ ..] = head;
    let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap()];
    stream.read_exact(&mut payload).await.unwrap();
    (kind, flags, u32::from_be_bytes(id))
}

#[tokio::test]
async fn who_is_refused_often_keeps_the_connection() {
    let (data, headers, goaway, end_stream, end_headers) = (0, 1, 7, 1, 4);
    let served = Served::start(None, Limits::default()).await;
    let mut stream = BufStream::new(TcpStream::connect(served.address).await.unwrap());
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(4, 0, 0, b"")).await.unwrap();
    for call in 0..5_000 {
        let id = 2 * call + 1;
        // :method GET, :scheme http, :path /refuse, :authority x
        stream.write_all(&frame(headers, end_headers, id, b"\x82\x86\x04\x07/refuse\x01\x01x")).await.unwrap();
        stream.flush().await.unwrap();
        // It is refused before its message comes.
        loop {
            let (kind, flags, of) = next_frame(&mut stream).await;
            assert_ne!(kind, goaway, "call {call}");
            if (kind, flags & end_stream, of) == (headers, end_stream, id) {
                break;
            }
        }
        stream.write_all(&frame(data, end_stream, id, b"\0\0\0\0\0")).await.unwrap();
    }
}
