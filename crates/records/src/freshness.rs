//! How old what was sent is, against what the policy asks for.

use crate::stored;
use crossdock_core::Micros;
use crossdock_proto::{
    governance::{FreshnessObjective, Policy},
    operations::WatermarkState,
};
use std::collections::BTreeMap;

/// How old one watermark is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The connection; empty where any would do and none has sent.
    pub connection: String,
    /// The kind.
    pub kind: String,
    /// Part of the business; empty for all.
    pub region: String,
    /// Now minus the watermark. `None`: nothing was ever said.
    pub age: Option<Micros>,
    /// At most this old. `None`: the policy asks for nothing.
    pub objective: Option<Micros>,
    /// Older than it may be, or never sent although it should be.
    pub stale: bool,
}

/// A row per watermark, and one per objective that nobody has sent anything for; by kind, connection and region.
pub fn freshness(policy: &Policy, watermarks: &[WatermarkState], now: Micros) -> Vec<Freshness> {
    let mut rows: BTreeMap<(String, String, String), Freshness> = BTreeMap::new();
    let mut put = |row: Freshness| rows.insert((row.kind.clone(), row.connection.clone(), row.region.clone()), row);
    for said in watermarks {
        let age = said.recorded_through.as_ref().map(|at| (now - stored::micros(at)).max(0));
        let objective = objective(policy, &said.kind, &said.connection).map(max_age);
        let stale = objective.is_some_and(|objective| age.is_none_or(|age| age > objective));
        let (connection, kind, region) = (said.connection.clone(), said.kind.clone(), said.region.clone());
        put(Freshness { connection, kind, region, age, objective, stale });
    }
    for asked in &policy.freshness {
        let answers =
            |said: &WatermarkState| said.kind == asked.kind && (asked.connection.is_empty() || said.connection == asked.connection);
        if !watermarks.iter().any(answers) {
            let (connection, kind) = (asked.connection.clone(), asked.kind.clone());
            put(Freshness { connection, kind, region: String::new(), age: None, objective: Some(max_age(asked)), stale: true });
        }
    }
    rows.into_values().collect()
}

/// A connection's own objective, else that of the kind.
fn objective<'a>(policy: &'a Policy, kind: &str, connection: &str) -> Option<&'a FreshnessObjective> {
    let of = |whose: &str| policy.freshness.iter().find(|asked| asked.kind == kind && asked.connection == whose);
    of(connection).or_else(|| of(""))
}

fn max_age(asked: &FreshnessObjective) -> Micros {
    asked.max_age.as_ref().map_or(0, stored::span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Micros = 3_600_000_000;

    fn said(connection: &str, kind: &str, seconds: i64) -> WatermarkState {
        let mut state = WatermarkState { connection: connection.into(), kind: kind.into(), ..WatermarkState::default() };
        state.recorded_through.get_or_insert_default().seconds = seconds;
        state
    }

    fn asked(kind: &str, connection: &str, hours: i64) -> FreshnessObjective {
        let mut asked = FreshnessObjective { kind: kind.into(), connection: connection.into(), ..FreshnessObjective::default() };
        asked.max_age.get_or_insert_default().seconds = hours * 3_600;
        asked
    }

    #[test]
    fn the_nearest_objective_counts_and_silence_is_stale() {
        let policy = Policy {
            freshness: vec![asked("item", "", 1), asked("item", "wms", 48), asked("demand_line", "erp", 2), asked("movement", "", 1)],
            ..Policy::default()
        };
        let watermarks = [said("erp", "item", 0), said("wms", "item", 0), said("wms", "demand_line", 0), said("erp", "note", 90_000)];
        let rows = freshness(&policy, &watermarks, 24 * HOUR);
        let row = |row: &Freshness| {
            format!(
                "{}/{} {:?} {:?} {}",
                row.kind,
                row.connection,
                row.age.map(|age| age / HOUR),
                row.objective.map(|age| age / HOUR),
                row.stale
            )
        };
        let told: Vec<String> = rows.iter().map(row).collect();
        assert_eq!(
            told,
            [
                "demand_line/erp None Some(2) true",
                "demand_line/wms Some(24) None false",
                "item/erp Some(24) Some(1) true",
                "item/wms Some(24) Some(48) false",
                "movement/ None Some(1) true",
                "note/erp Some(0) None false",
            ]
        );
    }
}
