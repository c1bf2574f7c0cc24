//! What the targets share: the services that a record can be sent to.
//!
//! A target takes whatever bytes there are and does with them what Crossdock would; it fails by a panic, and so does every overflow, every read
//! past an end, more memory and more time than a stranger may cost. What else has to hold is asserted in the targets.

mod wire;
mod world;

use crossdock_core::Result;
use crossdock_records::Kinds;
use crossdock_runtime::Service;
use std::sync::LazyLock;
pub use wire::mutate;
pub use world::World;

/// The services that take records.
pub fn services() -> Result<Vec<Service>> {
    Ok(vec![
        crossdock_master_data::service()?,
        crossdock_demand_signal::service()?,
        crossdock_recommendation_writeback::service()?,
        crossdock_execution_feedback::service()?,
        crossdock_governance::service(crossdock_governance::Source::BuiltIn)?,
    ])
}

/// The kinds of the service that owns a kind; of the first for a kind that nobody owns.
pub fn kinds_of(kind: u32) -> &'static Kinds {
    static KINDS: LazyLock<Vec<Kinds>> = LazyLock::new(|| {
        let kinds = services().and_then(|services| services.into_iter().map(|service| service.kinds.with_operations()).collect());
        kinds.expect("the contracts compiled into this program are whole")
    });
    KINDS.iter().find(|kinds| kinds.owns(kind)).unwrap_or(&KINDS[0])
}

/// What is wrong with a file, and where in it.
///
/// # Panics
/// If there is no such place, or nothing is said.
pub fn assert_placed(text: &str, line: usize, column: usize, message: &str) {
    // What YAML breaks lines at.
    let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
    assert!((1..=lines + 1).contains(&line), "line {line} of {lines}: {message}");
    assert!(column >= 1 && column <= text.chars().count() + 1, "column {column} of line {line}: {message}");
    assert!(!message.is_empty());
}
