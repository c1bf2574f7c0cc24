//! HTTP/2 frames over a plain connection, as an attacker writes them: nothing here keeps to the protocol unless it wants to.

use crossdock_rpc::CONNECTION;
use std::{collections::HashMap, io, net::Ipv4Addr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// What a client says first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Windows of streams and connections before anybody widens them.
const WINDOW: i64 = 65_535;
/// Largest payload of a frame that every server takes.
const PAYLOAD: usize = 16_384;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A frame of settings.
pub fn settings(all: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = all.iter().flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    frame(SETTINGS, 0, 0, &payload)
}

/// The setting for the window that each stream of an answer has.
pub const INITIAL_WINDOW: u16 = 4;

/// A header field, written out.
pub fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        let mut length = text.len();
        let mut bytes = Vec::new();
        if length < 127 {
            bytes.push(u8::try_from(length).unwrap());
        } else {
            bytes.push(127);
            length -= 127;
            while length >= 128 {
                bytes.push(u8::try_from(length % 128).unwrap() | 128);
                length /= 128;
            }
            bytes.push(u8::try_from(length).unwrap());
        }
        bytes.extend_from_slice(text.as_bytes());
        bytes
    };
    [vec![0], text(name), text(value)].concat()
}

/// The headers of a call, of the connection `erp`.
pub fn call(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let all = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("te", "trailers")];
    let own = [("content-type", "application/grpc"), (CONNECTION, "erp")];
    all.iter().chain(&own).chain(more).flat_map(|(name, value)| field(name, value)).collect()
}

/// A message of gRPC.
pub fn message(compressed: bool, bytes: &[u8]) -> Vec<u8> {
    [&[u8::from(compressed)][..], &u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// A connection of an attacker.
pub struct Wire {
    stream: TcpStream,
    next: u32,
    /// What may be sent, by stream; 0 is the connection.
    windows: HashMap<u32, i64>,
    initial: i64,
}

impl Wire {
    /// Connects from one of the many addresses of the loopback network, and says nothing.
    pub async fn silent(port: u16, from: u8) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::new(127, 0, 1, from), 0).into())?;
        let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, next: 1, windows: HashMap::from([(0, WINDOW)]), initial: WINDOW })
    }

    /// Connects and says what a client says first.
    pub async fn open(port: u16, from: u8, with: &[(u16, u32)]) -> io::Result<Self> {
        let mut wire = Self::silent(port, from).await?;
        wire.write(&[PREFACE, &settings(with)].concat()).await?;
        Ok(wire)
    }

    /// The number of the next stream.
    pub fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 2;
        number
    }

    /// Writes bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Writes bytes, and reads away whatever comes meanwhile.
    pub async fn write_and_drain(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (mut reader, mut writer) = self.stream.split();
        let mut away = [0; 16_384];
        let mut writing = std::pin::pin!(writer.write_all(bytes));
        loop {
            tokio::select! {
                biased;
                written = &mut writing => return written,
                read = reader.read(&mut away) => if read? == 0 { return Err(io::ErrorKind::ConnectionReset.into()) },
            }
        }
    }

    /// Makes a call with one message, keeping to the windows; its number.
    pub async fn call(&mut self, path: &str, more: &[(&str, &str)], message: &[u8]) -> io::Result<u32> {
        let number = self.number();
        self.windows.insert(number, self.initial);
        self.write(&frame(HEADERS, END_HEADERS, number, &call(path, more))).await?;
        let mut rest = message;
        while !rest.is_empty() {
            let open = self.windows[&0].min(self.windows.get(&number).copied().unwrap_or(0));
            let size = rest.len().min(PAYLOAD).min(usize::try_from(open).unwrap_or(0));
            if size == 0 {
                if self.read().await?.is_end_of(number) {
                    return Ok(number);
                }
                continue;
            }
            let (piece, after) = rest.split_at(size);
            rest = after;
            self.write(&frame(DATA, 0, number, piece)).await?;
            for of in [0, number] {
                *self.windows.entry(of).or_default() -= i64::try_from(size).unwrap();
            }
        }
        self.write(&frame(DATA, END_STREAM, number, &[])).await?;
        Ok(number)
    }

    /// Reads until a call is answered, or reset; its bytes, headers included.
    pub async fn answer(&mut self, number: u32) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let frame = self.read().await?;
            if frame.stream == number {
                bytes.extend_from_slice(&frame.payload);
            }
            if frame.is_end_of(number) {
                self.windows.remove(&number);
                return Ok(bytes);
            }
        }
    }

    /// Reads a frame, and does what it says of windows.
    pub async fn read(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap()];
        self.stream.read_exact(&mut payload).await?;
        let frame = Frame { kind, flags, stream: u32::from_be_bytes(stream), payload };
        match (frame.kind, frame.flags & ACK) {
            (WINDOW_UPDATE, _) => {
                let more = i64::from(u32::from_be_bytes(frame.payload[..4].try_into().unwrap()));
                *self.windows.entry(frame.stream).or_insert(self.initial) += more;
            }
            (SETTINGS, 0) => {
                for setting in frame.payload.chunks(6).filter(|setting| setting[..2] == INITIAL_WINDOW.to_be_bytes()) {
                    let initial = i64::from(u32::from_be_bytes(setting[2..].try_into().unwrap()));
                    self.windows.iter_mut().filter(|(of, _)| **of > 0).for_each(|(_, window)| *window += initial - self.initial);
                    self.initial = initial;
                }
                self.write(&super::frames::frame(SETTINGS, ACK, 0, &[])).await?;
            }
            _ => {}
        }
        Ok(frame)
    }
}

/// A frame that came.
pub struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn is_end_of(&self, stream: u32) -> bool {
        self.stream == stream && (self.kind == RST_STREAM || matches!(self.kind, DATA | HEADERS) && self.flags & END_STREAM > 0)
    }
}
