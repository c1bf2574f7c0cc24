//! Suppliers.

use super::{named, number};
use crossdock_core::{Key, Micro};
use crossdock_records::{Rules, Scope};

/// Who sells to the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supplier {
    /// Canonical id.
    pub id: String,
    /// Its working days; Monday to Friday if absent.
    pub calendar: Option<String>,
    /// In which it sells.
    pub currency: Option<String>,
    /// An order below this value, in its currency, is not accepted.
    pub minimum_order: Option<(Micro, String)>,
    /// No further orders.
    pub is_blocked: bool,
}

impl Rules for Supplier {
    const USERS: &'static [(u16, &'static str)] = &[(number::SOURCING_RULE, "supplier_id")];

    fn needs(&self) -> Vec<Key> {
        self.calendar.iter().map(|id| named(number::CALENDAR, id)).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        self.calendar.iter().map(|id| ("calendar_id", id.clone())).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope { supplier: Some(&self.id), everywhere: true, ..Scope::default() }
    }

    fn is_ended(&self, _: i64) -> bool {
        self.is_blocked
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("supplier/{key}")]
    }
}
