//! How well contracts have to be answered.

use super::{
    cross::at,
    file::PolicyFile,
    rules::rules,
    text::{Text, readable},
    values::Name,
};
use crossdock_core::{Micro, Ratio, Rounding};
use crossdock_proto::schema;
use crossdock_yaml::{Fault, did_you_mean};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

readable!(Contract, Latency, Share);

/// How well a contract has to be answered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {contract: crossdock.demand.v1, latency: 250ms, errors: 0.1%}")]
#[schemars(extend("x-kubernetes-validations" = rules([("has(self.latency) || has(self.errors)", "says nothing: give latency, errors or both")])))]
pub struct ServiceObjective {
    /// The contract, by its package.
    pub contract: Contract,
    /// The connection that calls. Absent: all that have no objective of their own.
    pub connection: Option<Name>,
    /// 99 of 100 calls are answered within this time. Absent: nothing was agreed.
    pub latency: Option<Latency>,
    /// At most this share of the calls fails by Crossdock's own fault. Absent: nothing was agreed.
    pub errors: Option<Share>,
}

/// A contract, by its package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline)]
pub struct Contract(#[schemars(length(max = 60), regex(pattern = r"^crossdock\.[a-z]+\.v1$"))] String);

/// How long an answer may take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Latency(#[schemars(with = "String", length(max = 7), regex(pattern = r"^\d{1,5}(ms|s)$"))] u32);

/// A share that may be small, as a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Share(#[schemars(with = "String", length(max = 9), regex(pattern = r"^\d{1,3}(\.\d{1,4})?%$"))] Micro);

impl Contract {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Latency {
    /// In milliseconds.
    pub fn milliseconds(self) -> u32 {
        self.0
    }
}

impl Share {
    /// As a part of one, such as 0.001.
    pub fn ratio(self) -> Micro {
        self.0
    }
}

impl Text for Contract {
    const EXPECTED: &'static str = "the package of a contract such as crossdock.demand.v1";

    fn read(text: &str) -> Result<Self, String> {
        let packages: BTreeSet<&str> = schema().kinds().filter(|info| info.number >= 100).map(|info| info.package.as_str()).collect();
        if packages.contains(text) {
            return Ok(Self(text.to_owned()));
        }
        let hint = did_you_mean(text, packages.iter().copied());
        let all = || format!("; there are {}", packages.iter().copied().collect::<Vec<_>>().join(", "));
        Err(format!("{text:?} is not a contract{}", if hint.is_empty() { all() } else { hint }))
    }
}

impl Text for Latency {
    const EXPECTED: &'static str = "a short time such as 250ms";

    fn read(text: &str) -> Result<Self, String> {
        let (number, scale) = match text.strip_suffix("ms") {
            Some(number) => (number, 1),
            None => (text.strip_suffix('s').unwrap_or_default(), 1_000),
        };
        let number = number.parse::<u32>().ok().filter(|number| (1..=60_000 / scale).contains(number));
        number.map(|number| Self(number * scale)).ok_or_else(|| format!("{text:?} is no such time: write 250ms or 2s, at most 60s"))
    }
}

impl Text for Share {
    const EXPECTED: &'static str = "a share such as 0.1%";

    fn read(text: &str) -> Result<Self, String> {
        let percent = text.strip_suffix('%').and_then(|number| number.parse::<Micro>().ok()).filter(|percent| !percent.is_negative());
        let ratio = percent.filter(|percent| *percent <= Micro(100_000_000)).zip(Ratio::new(1, 100));
        let ratio =
            ratio.and_then(|(percent, hundredth)| percent.times(hundredth, Rounding::HalfEven).ok()).filter(|ratio| ratio.is_exact());
        ratio.map(|ratio| Self(ratio.amount)).ok_or_else(|| format!("{text:?} is no share: write 0.1%, at most 100% and four decimals"))
    }
}

/// What one objective says of another, and of nothing.
pub fn faults(file: &PolicyFile) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, objective) in file.objectives.iter().enumerate() {
        let place = at("objectives", index);
        if let Some(name) = objective.connection.as_ref().filter(|name| !file.connections.iter().any(|held| held.name == **name)) {
            let hint = did_you_mean(name.as_str(), file.connections.iter().map(|held| held.name.as_str()));
            faults.push(place.key("connection").fault(format!("{:?} is none of the connections{hint}", name.as_str())));
        }
        let same = |other: &ServiceObjective| (&other.contract, &other.connection) == (&objective.contract, &objective.connection);
        if file.objectives[..index].iter().any(same) {
            let whose = objective.connection.as_ref().map_or("all connections", Name::as_str);
            faults.push(place.fault(format!("a second objective for {} of {whose}; keep one of them", objective.contract.as_str())));
        }
        if objective.latency.is_none() && objective.errors.is_none() {
            faults.push(place.fault("says nothing: give `latency`, `errors` or both"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_times_and_shares_are_read_as_people_write_them() {
        let latency = |text| Latency::read(text).map(Latency::milliseconds).ok();
        assert_eq!(["1ms", "250ms", "2s", "60s", "60000ms"].map(latency), [1, 250, 2_000, 60_000, 60_000].map(Some));
        assert!(["", "0ms", "1m", "61s", "250", "-1s", "1.5s", "99999999999s"].into_iter().all(|text| latency(text).is_none()));
        let share = |text| Share::read(text).map(|share| share.ratio().to_string()).ok();
        assert_eq!(["0%", "0.1%", "1%", "100%"].map(|text| share(text).unwrap()), ["0", "0.001", "0.01", "1"]);
        assert!(["", "1", "-1%", "100.1%", "%", "0.00001%", "x%"].into_iter().all(|text| share(text).is_none()));
    }
}
