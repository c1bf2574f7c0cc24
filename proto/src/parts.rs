//! How much a message would become before it is decoded: two bytes on the wire can be some hundred in memory.

use prost::{
    DecodeError,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};
use prost_reflect::{Kind, MessageDescriptor};

/// Messages within messages that are looked into; prost refuses what is deeper.
const DEPTH: usize = 100;
/// The smallest part on the wire: a key of one byte, a length of zero.
const SMALLEST: usize = 2;

/// How many parts a message has: elements of repeated fields, at any depth. Counting ends past `most`. Bytes that are not of this message count as
/// far as they can be read, and that is how far they would be decoded.
pub fn parts(message: &MessageDescriptor, bytes: &[u8], most: usize) -> usize {
    if bytes.len() / SMALLEST <= most {
        return 0;
    }
    let mut counted = 0;
    let _: Result<(), DecodeError> = count(message, bytes, DEPTH, most, &mut counted);
    counted
}

/// What a field of a message is.
struct Field {
    number: u32,
    repeated: bool,
    /// None: the contract has no such field, and it is skipped.
    kind: Option<Kind>,
}

impl Field {
    fn of(message: &MessageDescriptor, number: u32) -> Self {
        let field = message.get_field(number);
        let repeated = field.as_ref().is_some_and(|field| field.is_list() || field.is_map());
        Self { number, repeated, kind: field.map(|field| field.kind()) }
    }
}

fn count(message: &MessageDescriptor, mut bytes: &[u8], depth: usize, most: usize, counted: &mut usize) -> Result<(), DecodeError> {
    // Elements of a field stand together: it is looked up once for all of them.
    let mut field: Option<Field> = None;
    while !bytes.is_empty() && *counted <= most {
        let (number, wire) = decode_key(&mut bytes)?;
        let field = match &mut field {
            Some(held) if held.number == number => held,
            held => held.insert(Field::of(message, number)),
        };
        if wire != WireType::LengthDelimited {
            skip_field(wire, number, &mut bytes, DecodeContext::default())?;
            *counted += usize::from(field.repeated);
            continue;
        }
        let length = usize::try_from(decode_varint(&mut bytes)?).unwrap_or(usize::MAX);
        let Some(inside) = bytes.split_off(..length) else { return Ok(()) };
        match &field.kind {
            Some(Kind::Message(within)) => {
                *counted += usize::from(field.repeated);
                if depth > 0 {
                    count(within, inside, depth - 1, most, counted)?;
                }
            }
            Some(Kind::String | Kind::Bytes) => *counted += usize::from(field.repeated),
            // Packed numbers: a byte each, or more.
            Some(_) if field.repeated => *counted += inside.len(),
            Some(_) | None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Record,
        demand::ListInventoryRequest,
        masterdata::{Item, UnitDimensions},
        records::IngestBatchRequest,
        schema,
    };
    use prost::Message;

    /// More than any of these messages has, and less than would save counting.
    fn counted(name: &str, message: &impl Message) -> usize {
        let (message, descriptor) = (message.encode_to_vec(), schema().pool.get_message_by_name(name).unwrap());
        let mut counted = 0;
        count(&descriptor, &message, DEPTH, usize::MAX, &mut counted).unwrap();
        counted
    }

    #[test]
    fn everything_repeated_counts_at_any_depth() {
        let item = Item { units: vec![UnitDimensions::default(); 7], category_path: vec!["a".into(); 3], ..Item::default() };
        assert_eq!(counted("crossdock.masterdata.v1.Item", &item), 10);
        let kind = schema().kind_named("item").unwrap().number.into();
        let record = Record { kind, body: item.encode_to_vec().into(), ..Record::default() };
        let batch = IngestBatchRequest { records: vec![record; 5], ..IngestBatchRequest::default() };
        assert_eq!(counted("crossdock.masterdata.v1.IngestBatchRequest", &batch), 55);
        let list = ListInventoryRequest { statuses: vec![1; 9], item_ids: vec!["x".into()], ..ListInventoryRequest::default() };
        assert_eq!(counted("crossdock.demand.v1.ListInventoryRequest", &list), 10);
    }

    #[test]
    fn counting_ends_where_it_is_too_much_and_where_nothing_can_be_read() {
        let descriptor = schema().pool.get_message_by_name("crossdock.masterdata.v1.IngestBatchRequest").unwrap();
        let empty_records = [0x12, 0x00].repeat(5_000);
        assert_eq!(parts(&descriptor, &empty_records, 1_000), 1_001);
        assert_eq!(parts(&descriptor, &empty_records, 5_000), 0, "fewer than could be too many");
        let cut = [&[0x12, 0x00].repeat(50)[..], &[0x12, 0xff, 0x7f], &[0; 20]].concat();
        assert_eq!(parts(&descriptor, &cut, 60), 50);
        // A thousand groups within each other, which no contract has.
        assert_eq!(parts(&descriptor, &[0x3b].repeat(1_000), 10), 0);
    }
}
