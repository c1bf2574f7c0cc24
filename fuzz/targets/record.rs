//! The bytes of one record of any kind: decoded, opened, parsed and read back from its stored form.
#![no_main]

use crossdock_fuzz::{kinds_of, mutate};
use crossdock_proto::Record;
use crossdock_records::testing;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = Record::decode(bytes) else { return };
    let encoded = record.encode_to_vec();
    assert_eq!(encoded.len(), record.encoded_len());
    if record.kind != crossdock_proto::UNREADABLE {
        assert_eq!(Record::decode(encoded.as_slice()).as_ref(), Ok(&record), "another record than was encoded");
    }
    assert_eq!(testing::misread(kinds_of(record.kind), &record), Vec::<String>::new());
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });
