use crate::model::{number, promotion::Promotion};
use crossdock_proto::{demand as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference};

/// Most items, and most locations, of a promotion.
const MANY: usize = 1_000;

impl Kind for Promotion {
    const NUMBER: u16 = number::PROMOTION;
    type Message = contract::Promotion;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        for value in &mut message.item_ids {
            visit(Reference { space: "item", value });
        }
        for value in &mut message.location_ids {
            visit(Reference { space: "location", value });
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        if message.item_ids.is_empty() {
            parse.bad::<()>("item_ids", "MISSING", "", "name at least one item");
        }
        let items = ids(parse, "item_ids", &message.item_ids);
        let locations = ids(parse, "location_ids", &message.location_ids);
        let description = parse.text("description", &message.description, 200);
        let kind = parse.choice::<contract::PromotionKind>("kind", message.kind);
        let from = parse.date("from", message.from.as_ref());
        let to = parse.date("to", message.to.as_ref());
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            parse.bad::<()>("to", "DATE_ORDER", to.to_string(), format!("must not be before the first day, {from}"));
        }
        let uplift = match message.expected_uplift.as_str() {
            "" => Some(None),
            text => parse.ratio("expected_uplift", text).map(Some),
        };
        let _ = (description?, kind?);
        let (from, to) = (from?, to?);
        (to >= from && !message.item_ids.is_empty()).then_some(())?;
        Some(Self { items: items?, locations: locations?, from, to, uplift: uplift? })
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.from
    }
}

fn ids(parse: &mut Parse<'_>, field: &'static str, values: &[String]) -> Option<Vec<String>> {
    if values.len() > MANY {
        return parse.bad(field, "TOO_MANY", values.len().to_string(), format!("at most {MANY}; send several promotions"));
    }
    let mut ids = values.iter().map(|value| parse.id(field, value)).collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()?;
    ids.sort_unstable();
    ids.dedup();
    Some(ids)
}
