//! Customers.

use crossdock_records::Rules;

/// Who buys. Names and addresses stay in the message: no rule needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Canonical id, a surrogate.
    pub id: String,
    /// Served first.
    pub is_strategic: bool,
}

impl Rules for Customer {
    fn fields(&self) -> Vec<(&'static str, String)> {
        let tier = if self.is_strategic { "strategic" } else { "standard" };
        vec![("tier", tier.to_owned())]
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("customer/{key}")]
    }
}
