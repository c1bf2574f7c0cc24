//! The bytes of a batch, sent twice to the service that owns its first record: every rule of every kind, on a store with masters.
#![no_main]

use crossdock_fuzz::{World, mutate};
use crossdock_proto::records::IngestRequest;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use prost::Message;
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = IngestRequest::decode(bytes) {
        WORLD.send(&request);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });
