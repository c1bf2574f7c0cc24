//! Lines of customers' orders.

use super::{
    amount::Amount,
    history::{self, Class, Entry, Historic, Measure, Mode},
    place::{Place, customer},
    served,
};
use crossdock_core::{Key, Micro, Result};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// A line of a customer's order, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemandLine {
    /// What is wanted, from where.
    pub place: Place,
    /// Who wants it.
    pub customer: Option<String>,
    /// How much, after cancellations.
    pub quantity: Amount,
    /// Day of the order.
    pub ordered: Date,
    /// Day the customer wants it.
    pub requested: Date,
    /// Reserved for it, in the unit of the quantity.
    pub allocated: Micro,
    /// Cancelled by the customer, in the unit of the quantity.
    pub cancelled_by_customer: Micro,
    /// Cancelled for lack of supply, in the unit of the quantity.
    pub cancelled_by_supply: Micro,
    /// Why the customer wants it, and where it comes from.
    pub class: (Class, Mode),
}

impl DemandLine {
    fn cancelled(&self) -> [(&'static str, Micro); 3] {
        [
            ("cancelled_by_customer", self.cancelled_by_customer),
            ("cancelled_by_supply", self.cancelled_by_supply),
            ("allocated_quantity", self.allocated),
        ]
    }

    fn look_at_order(&self, findings: &mut Findings) {
        if self.requested < self.ordered {
            let message = format!("requested for {}, ordered later, on {}: which of the two is wrong?", self.requested, self.ordered);
            findings.warn("requested_date", "DATE_ORDER", message);
        }
        if self.allocated > self.quantity.value {
            let message = format!("{} is reserved for an order of {}; send what is reserved now", self.allocated, self.quantity.value);
            findings.warn("allocated_quantity", "ALLOCATED_MORE_THAN_ORDERED", message);
        }
    }
}

impl Rules for DemandLine {
    fn needs(&self) -> Vec<Key> {
        self.place.needs().into_iter().chain(self.customer.as_deref().map(customer)).collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        self.quantity.unit.iter().map(|_| Amount::looks_at(&self.place.item)).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("item_id", self.place.item.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.place.location), day: Some(day(self.ordered)), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        self.look_at_order(findings);
        let verdict = self.quantity.convert(&self.place.item, self.ordered, known, findings);
        if verdict != Verdict::Use {
            return verdict;
        }
        let fits = self.cancelled().into_iter().try_for_each(|(field, amount)| self.quantity.fits(field, amount));
        fits.map_or_else(Verdict::Refuse, |()| Verdict::Use)
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        served::ordered(old, new, to)?;
        history::derive(old, new, to)
    }
}

impl Historic for DemandLine {
    fn place(&self) -> &Place {
        &self.place
    }

    fn class(&self) -> (Class, Mode) {
        self.class
    }

    fn entries(&self) -> Vec<Entry> {
        let quantity = self.quantity.base();
        let by_customer = self.quantity.alike(self.cancelled_by_customer);
        let by_supply = self.quantity.alike(self.cancelled_by_supply);
        let intake = Micro(quantity.0.saturating_add(by_customer.0).saturating_add(by_supply.0));
        let mut entries = Vec::with_capacity(4);
        for (measure, on, amount) in [
            (Measure::Ordered, self.ordered, intake),
            (Measure::Requested, self.requested, quantity),
            (Measure::CancelledByCustomer, self.requested, by_customer),
            (Measure::CancelledBySupply, self.requested, by_supply),
        ] {
            if amount != Micro::ZERO {
                entries.push(Entry { measure, on, amount });
            }
        }
        entries
    }
}
