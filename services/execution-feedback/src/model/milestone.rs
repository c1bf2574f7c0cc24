//! What happened to shipments.

use super::{
    facts::{self, ShipmentTrack, rank, upsert},
    lines, number,
    shipment::no_room,
};
use crossdock_core::{Key, Result};
use crossdock_master_data::wired::date;
use crossdock_proto::execution::{self as contract, MilestoneKind};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// One event of a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Its own key while it comes in; empty when it is stored.
    pub key: String,
    /// The shipment as a whole.
    pub shipment: String,
    /// What happened; never `Unspecified`.
    pub kind: MilestoneKind,
    /// When.
    pub on: Date,
    /// When the shipment is expected now.
    pub expected: Option<Date>,
}

/// Where a shipment stands by its milestones; none if it has none. The newest is that of the latest day.
pub fn standing(track: &contract::ShipmentTrack) -> Option<contract::ShipmentStanding> {
    let mut milestones: Vec<&contract::MilestoneFact> = track.milestones.iter().collect();
    milestones.sort_by_key(|held| rank(held.date.as_ref(), &held.key));
    let newest = milestones.last()?;
    let says = |held: &&contract::MilestoneFact| held.expected_date.or(held.date.filter(|_| held.kind() == MilestoneKind::Arrived));
    Some(contract::ShipmentStanding {
        departed: milestones.iter().any(|held| matches!(held.kind(), MilestoneKind::Departed | MilestoneKind::Arrived)),
        delayed: newest.kind() == MilestoneKind::Delayed,
        expected_date: milestones.iter().rev().find_map(says),
    })
}

impl Milestone {
    pub fn fact(&self, source: crossdock_records::Source<'_>) -> contract::MilestoneFact {
        contract::MilestoneFact {
            key: source.key.to_owned(),
            kind: self.kind.into(),
            date: Some(date(self.on)),
            expected_date: self.expected.map(date),
        }
    }
}

/// Changes a shipment as a whole, and what its order lines know of it.
fn change(shipment: &str, to: &mut Derived<'_, '_>, edit: impl FnOnce(&mut contract::ShipmentTrack)) -> Result<()> {
    let (mut lines, mut said) = (Vec::new(), None);
    to.edit::<ShipmentTrack>(shipment, |held| {
        let mut track = held.unwrap_or_default();
        edit(&mut track);
        lines.clone_from(&track.lines);
        said = standing(&track);
        (track != contract::ShipmentTrack::default()).then_some(track)
    })?;
    for line in lines {
        lines::change(&line.order, to, |facts| {
            if let Some(shipment) = facts.shipments.iter_mut().find(|held| held.key == line.key) {
                shipment.standing = said;
            }
        })?;
    }
    Ok(())
}

impl Rules for Milestone {
    fn looks_at(&self) -> Vec<Key> {
        vec![Key::new(number::SHIPMENT_TRACK, self.shipment.as_str())]
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("shipment", self.shipment.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { day: Some(day(self.on)), ..Scope::default() }
    }

    fn belongs_to(&self) -> Vec<Key> {
        vec![Key::new(number::SHIPMENT_TRACK, self.shipment.as_str())]
    }

    fn check(&mut self, known: &Known, _: &mut Findings) -> Verdict {
        no_room(known, &self.shipment, &self.key).map_or(Verdict::Use, Verdict::Refuse)
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        let source = to.source();
        if let Some(old) = old.filter(|old| new.is_none_or(|new| new.shipment != old.shipment)) {
            change(&old.shipment, to, |track| facts::remove(&mut track.milestones, source.key))?;
        }
        let Some(new) = new else { return Ok(()) };
        change(&new.shipment, to, |track| upsert(&mut track.milestones, new.fact(source)))
    }
}
