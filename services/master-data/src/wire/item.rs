use super::{TEXT, check_digit};
use crate::model::{
    item::{Item, Lifecycle, Successor},
    number,
};
use crossdock_core::{Ratio, gs1, key};
use crossdock_proto::{masterdata as contract, types::Envelope};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for Item {
    const NUMBER: u16 = number::ITEM;
    const DOCUMENT: bool = false;
    type Message = contract::Item;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        key::join([&message.item_id])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "unit", value: &mut message.base_unit });
        if let Some(successor) = &mut message.successor {
            visit(Reference { space: "item", value: &mut successor.item_id });
        }
        for unit in &mut message.units {
            visit(Reference { space: "unit", value: &mut unit.unit });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        if message.base_unit.is_empty() {
            sender.default_unit.clone_into(&mut message.base_unit);
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let id = parse.id("item_id", &message.item_id);
        let texts = texts(message, parse);
        let base_unit = parse.id("base_unit", &message.base_unit);
        let lifecycle = parse.choice("lifecycle", message.lifecycle).map(lifecycle);
        let successor = match &message.successor {
            Some(successor) => parse.within("successor", |parse| succeeds(successor, &message.item_id, parse)).map(Some),
            None => Some(None),
        };
        let units = parse.within("units", |parse| units(&message.units, parse));
        let (id, base_unit, ..) = (id?, base_unit?, texts?, units?);
        Some(Self { id, base_unit, lifecycle: lifecycle?, successor: successor? })
    }
}

fn texts(item: &contract::Item, parse: &mut Parse<'_>) -> Option<()> {
    let description = parse.text("description", &item.description, TEXT);
    let levels: Vec<_> = item.category_path.iter().map(|level| parse.id("category_path", level)).collect();
    if !matches!(item.abc_class.as_str(), "" | "A" | "B" | "C") {
        parse.findings().warn(
            "abc_class",
            "UNKNOWN_CLASS",
            format!("{:?} is none of A, B and C; it counts as unclassified", item.abc_class),
        );
    }
    let class = parse.optional_id("abc_class", &item.abc_class);
    (description.is_some() && class.is_some() && levels.iter().all(Option::is_some)).then_some(())
}

fn lifecycle(lifecycle: contract::Lifecycle) -> Lifecycle {
    match lifecycle {
        contract::Lifecycle::Unspecified | contract::Lifecycle::Active => Lifecycle::Active,
        contract::Lifecycle::Planned => Lifecycle::Planned,
        contract::Lifecycle::PhaseOut => Lifecycle::PhaseOut,
        contract::Lifecycle::Discontinued => Lifecycle::Discontinued,
    }
}

fn succeeds(successor: &contract::Successor, of: &str, parse: &mut Parse<'_>) -> Option<Successor> {
    let mut item = parse.id("item_id", &successor.item_id);
    if successor.item_id == of && !of.is_empty() {
        item = parse.bad("item_id", "CYCLE", of, "is the item itself: an item cannot take over from itself");
    }
    let from = parse.optional_date("effective_date", successor.effective_date.as_ref());
    let ratio = if successor.ratio.is_empty() { Some(Ratio::ONE) } else { parse.ratio("ratio", &successor.ratio) };
    parse.choice::<contract::SuccessionMode>("mode", successor.mode)?;
    Some(Successor { item: item?, from: from?, ratio: ratio? })
}

fn units(units: &[contract::UnitDimensions], parse: &mut Parse<'_>) -> Option<()> {
    let mut seen: Vec<&str> = Vec::new();
    let mut good = true;
    for unit in units {
        good &= parse.id("unit", &unit.unit).is_some();
        check_digit(parse, "units.gtin", &unit.gtin, gs1::check_gtin);
        for (field, value) in [("weight_kg", &unit.weight_kg), ("volume_m3", &unit.volume_m3), ("pallet_quantity", &unit.pallet_quantity)] {
            good &= parse.amount_or_zero(field, value).is_some();
        }
        if seen.contains(&unit.unit.as_str()) {
            parse.findings().warn("units.unit", "REPEATED", format!("{:?} is described more than once; the first counts", unit.unit));
        }
        seen.push(&unit.unit);
    }
    good.then_some(())
}
