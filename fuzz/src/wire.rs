//! Protobuf messages changed field by field: random bytes seldom have the right length before them, and get no further than the decoder.

use libfuzzer_sys::fuzzer_mutate;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

/// Deepest message that is changed inside.
const DEEPEST: usize = 6;
/// Highest number that a field is given.
const HIGHEST: u32 = 1_000;

/// A field as it is on the wire; of what is fixed in length, the bytes.
#[derive(Clone)]
struct Field {
    number: u32,
    wire: WireType,
    bytes: Vec<u8>,
}

/// Changes one field of the message that `data[..size]` is, at any depth, or the bytes if they are none.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random(u64::from(seed) | 1 << 32);
    let fields = if random.below(20) == 0 { None } else { read(&data[..size]) };
    let Some(mut fields) = fields else { return fuzzer_mutate(data, size, max_size) };
    change(&mut fields, &mut random, DEEPEST);
    let written = write(&fields);
    if written.len() > max_size {
        return size;
    }
    data[..written.len()].copy_from_slice(&written);
    written.len()
}

fn change(fields: &mut Vec<Field>, random: &mut Random, depth: usize) {
    if fields.is_empty() {
        fields.push(Field { number: 1 + random.below(HIGHEST), wire: WireType::LengthDelimited, bytes: Vec::new() });
        return;
    }
    let at = random.below(u32::try_from(fields.len()).unwrap_or(u32::MAX)) as usize;
    match random.below(16) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(at, fields[at].clone()),
        2 => fields[at].number = 1 + random.below(HIGHEST),
        3 => fields.swap(at, 0),
        _ => change_value(&mut fields[at], random, depth),
    }
}

fn change_value(field: &mut Field, random: &mut Random, depth: usize) {
    let inner = if depth > 0 && field.wire == WireType::LengthDelimited && random.below(8) > 0 { read(&field.bytes) } else { None };
    if let Some(mut inner) = inner.filter(|inner| !inner.is_empty()) {
        change(&mut inner, random, depth - 1);
        field.bytes = write(&inner);
        return;
    }
    let size = field.bytes.len();
    let room = if field.wire == WireType::LengthDelimited { size + 16 } else { size };
    field.bytes.resize(room, 0);
    let changed = fuzzer_mutate(&mut field.bytes, size, room);
    field.bytes.truncate(if field.wire == WireType::LengthDelimited { changed } else { size });
}

/// The fields of a message; none if it is not one. A varint is kept in eight bytes.
fn read(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (number, wire) = decode_key(&mut bytes).ok()?;
        let length = match wire {
            WireType::Varint => {
                let value = decode_varint(&mut bytes).ok()?;
                fields.push(Field { number, wire, bytes: value.to_le_bytes().to_vec() });
                continue;
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(decode_varint(&mut bytes).ok()?).ok()?,
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        let (value, rest) = bytes.split_at_checked(length)?;
        fields.push(Field { number, wire, bytes: value.to_vec() });
        bytes = rest;
    }
    Some(fields)
}

fn write(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        encode_key(field.number, field.wire, &mut bytes);
        match field.wire {
            WireType::Varint => {
                let value = field.bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
                encode_varint(value, &mut bytes);
                continue;
            }
            WireType::LengthDelimited => encode_varint(field.bytes.len() as u64, &mut bytes),
            _ => {}
        }
        bytes.extend_from_slice(&field.bytes);
    }
    bytes
}

/// Steele and Vigna's splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed >> 32) % u64::from(end)) as u32
    }
}
