//! Calls of any method by its path, with bytes.

use bytes::{Buf, BufMut};
use crossdock_rpc::{CONNECTION, Channel, PRINCIPAL};
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
};
use tonic_types::StatusExt;

#[derive(Clone, Copy, Default)]
struct Raw;

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining()).to_vec()))
    }
}

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

/// Code, reason and message of a refusal.
pub type Refusal = (Code, String, String);

/// Calls a method as a connection with one message; so many of its answers at most.
pub async fn call(channel: &Channel, connection: &str, path: &str, message: Vec<u8>, most: usize) -> Result<Vec<Vec<u8>>, Refusal> {
    let refusal = |status: Status| {
        let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
        (status.code(), reason, status.message().to_owned())
    };
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.map_err(refusal)?;
    let mut request = Request::new(tokio_stream::once(message));
    request.metadata_mut().insert(CONNECTION, connection.parse().unwrap());
    request.metadata_mut().insert(PRINCIPAL, "ann".parse().unwrap());
    let mut answers = grpc.streaming(request, PathAndQuery::try_from(path).unwrap(), Raw).await.map_err(refusal)?.into_inner();
    let mut told = Vec::new();
    while told.len() < most {
        let Some(answer) = answers.message().await.map_err(refusal)? else { break };
        told.push(answer);
    }
    Ok(told)
}
