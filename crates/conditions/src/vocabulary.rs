//! What approval rules may speak of.

use crate::Type::{self, Bool, Int, OneOf, Text, Texts};

const KIND: Type = OneOf(&["purchase", "transfer", "expedite", "reschedule", "cancel"]);
const MODE: Type = OneOf(&["normal", "hold", "last_good_run", "expired"]);

/// Values of a recommendation. Amounts are whole numbers, rounded up: a limit is never passed unseen.
pub const LINE: &[(&str, Type)] = &[
    ("kind", KIND),
    ("item", Text),
    ("supplier", Text),
    ("origin", Text),
    ("destination", Text),
    ("company", Text),
    ("connection", Text),
    ("abc_class", Text),
    ("lifecycle", Text),
    ("tier", OneOf(&["strategic", "standard", ""])),
    ("mode", MODE),
    ("reasons", Texts),
    ("value", Int),
    ("value_known", Bool),
    ("quantity", Int),
    ("change_percent", Int),
    ("edited", Bool),
    ("fresh", Bool),
    ("days_to_order", Int),
];

/// Values of a sealed draft order.
pub const ORDER: &[(&str, Type)] = &[
    ("kind", KIND),
    ("supplier", Text),
    ("origin", Text),
    ("destination", Text),
    ("company", Text),
    ("currency", Text),
    ("mode", MODE),
    ("value", Int),
    ("value_known", Bool),
    ("lines", Int),
    ("edited", Bool),
    ("fresh", Bool),
];
