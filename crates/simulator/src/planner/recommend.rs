use super::{PLANNER, forecast, read::Picture};
use crate::{
    days,
    history::Sale,
    masters::is_strategic,
    outgoing::{Outgoing, quantity},
    party::Moment,
    world::{CENTRES, ERPS, Source, World},
};
use crossdock_core::key;
use crossdock_proto::{
    operations::SetScope,
    writeback::{Peg, Recommendation, RecommendationKind},
};
use prost::Message;
use std::collections::BTreeSet;

/// Days of demand that are kept against chance.
pub const SAFETY: i64 = 3;
/// Days of demand that an order should last.
pub const LASTS: i64 = 7;
/// Sales that are looked through for one.
const LOOKED_AT: usize = 50_000;
/// Millionths of a piece in a piece.
pub const MILLION: i64 = 1_000_000;

/// What is to be ordered: up to a level, where what is there and coming has fallen below another.
pub fn lines(world: &World, picture: &Picture, forecast: &str, (set, scope): (&str, &SetScope), moment: Moment) -> Vec<Outgoing> {
    let mut lines = Vec::new();
    for good in 0..world.goods.len() {
        for centre in 0..CENTRES.len() {
            let source = world.source(centre, good);
            if in_scope(world, scope, centre, source) {
                lines.extend(
                    need(world, picture, (centre, good), source).map(|pieces| line(world, forecast, (centre, good), pieces, moment)),
                );
            }
        }
    }
    let renumbered = world.chance.holds(20, "renumbers", set);
    let mut sent = Vec::new();
    for line in lines {
        for (part, line) in parts(world, line).into_iter().enumerate() {
            let own = (format!("{}@{}", line.item_id, line.destination_location_id), part.to_string());
            let (document, number) = if renumbered { (format!("P-{set}"), sent.len().to_string()) } else { own };
            sent.push(Outgoing::run("recommendation", PLANNER, (set, &document, &number), moment.now, &line));
        }
    }
    sent
}

/// Whether a run with this scope plans for a centre and a source.
pub fn in_scope(world: &World, scope: &SetScope, centre: usize, source: Source) -> bool {
    let has = |ids: &[String], id: &str| ids.is_empty() || ids.iter().any(|held| held == id);
    has(&scope.locations, CENTRES[centre].id) && has(&scope.suppliers, world.source_id(source))
}

/// Pieces to order; none if there is enough.
fn need(world: &World, picture: &Picture, place: (usize, usize), source: Source) -> Option<i64> {
    let (daily, lead) = (picture.daily(place), world.lead_days(source));
    let held = |amounts: &std::collections::BTreeMap<(usize, usize), i64>| amounts.get(&place).copied().unwrap_or(0);
    let position = held(&picture.stock) + held(&picture.coming);
    if daily == 0 || position > daily * (lead + SAFETY) {
        return None;
    }
    let missing = daily * (lead + SAFETY + LASTS) - position;
    Some(missing.max(0) / MILLION + 1)
}

fn line(world: &World, forecast: &str, (centre, good): (usize, usize), pieces: i64, moment: Moment) -> Recommendation {
    let (item, location, source) = (&world.goods[good], &CENTRES[centre], world.source(centre, good));
    let units = item.order_units(pieces);
    let kind = match source {
        Source::Supplier(_) => RecommendationKind::Purchase,
        Source::Centre(_) => RecommendationKind::Transfer,
    };
    let customer = lately(world, moment, |sale| sale.good == good && is_strategic(world, &sale.customer));
    let demand = lately(world, moment, |sale| sale.good == good && world.centre(sale) == centre);
    let served = Peg {
        customer_id: customer.map(|sale| sale.customer.clone()).unwrap_or_default(),
        demand_line: demand.map(|sale| key::join([ERPS[location.erp], &sale.document, &sale.line.to_string()])).unwrap_or_default(),
        forecast: key::join([PLANNER, forecast, &forecast::document(&item.id, location.id), "0"]),
        quantity: units.to_string(),
    };
    Recommendation {
        kind: kind.into(),
        item_id: item.id.clone(),
        destination_location_id: location.id.to_owned(),
        supplier_id: if matches!(source, Source::Supplier(_)) { world.source_id(source).to_owned() } else { String::new() },
        origin_location_id: if matches!(source, Source::Centre(_)) { world.source_id(source).to_owned() } else { String::new() },
        quantity: quantity(units, item.unit()),
        need_by: days::wire(days::after(moment.day, world.lead_days(source) + 1)),
        order_by: days::wire(moment.day),
        reason_codes: vec!["REORDER_POINT".to_owned()],
        pegs: vec![served],
        ..Recommendation::default()
    }
}

/// The last such sale of the past weeks.
fn lately(world: &World, moment: Moment, is: impl Fn(&Sale) -> bool) -> Option<&Sale> {
    let past = world.sales.partition_point(|sale| sale.day() < moment.day);
    world.sales[..past].iter().rev().take(LOOKED_AT).find(|sale| is(sale))
}

/// The demand lines that recommendations are for.
pub fn served(lines: &[Outgoing]) -> BTreeSet<String> {
    let planned = lines.iter().filter_map(|line| Recommendation::decode(line.record.body.clone()).ok());
    planned.flat_map(|line| line.pegs).map(|peg| peg.demand_line).filter(|key| !key.is_empty()).collect()
}

/// Now and then a need is planned as two lines, one for later: the ERP will put them together.
fn parts(world: &World, line: Recommendation) -> Vec<Recommendation> {
    let units: i64 = line.quantity.as_ref().and_then(|quantity| quantity.value.parse().ok()).unwrap_or(0);
    let Some(good) = world.good(&line.item_id).map(|good| &world.goods[good]) else { return vec![line] };
    let about = format!("{} {}", line.item_id, line.destination_location_id);
    let first = good.order_units(units / 2 * good.per);
    if !world.chance.holds(8, "two lines", &about) || units - first < good.minimum || (units - first) % good.multiple != 0 {
        return vec![line];
    }
    let part = |units: i64, later: i64| {
        let mut part = line.clone();
        part.quantity = quantity(units, good.unit());
        part.need_by = days::read(line.need_by.as_ref()).and_then(|day| days::wire(days::after(day, later)));
        part.pegs.iter_mut().for_each(|peg| peg.quantity = units.to_string());
        part
    };
    vec![part(first, 0), part(units - first, 3)]
}
