use crate::model::{
    item_units::{Entry, ItemUnits},
    number,
};
use crossdock_core::Ratio;
use crossdock_proto::masterdata as contract;
use crossdock_records::{Kind, Parse};

impl Kind for ItemUnits {
    const NUMBER: u16 = number::ITEM_UNITS;
    const DOCUMENT: bool = false;
    type Message = contract::ItemUnits;

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let entries = message.units.iter().map(|unit| entry(unit, parse)).collect::<Option<_>>()?;
        Some(Self { base: message.base_unit.clone(), entries })
    }
}

fn entry(unit: &contract::ItemUnit, parse: &mut Parse<'_>) -> Option<Entry> {
    Some(Entry {
        unit: unit.unit.clone(),
        to: (!unit.to_unit.is_empty()).then(|| unit.to_unit.clone()),
        from: parse.optional_date("valid_from", unit.valid_from.as_ref())?,
        factor: Ratio::new(unit.numerator, unit.denominator)?,
    })
}
