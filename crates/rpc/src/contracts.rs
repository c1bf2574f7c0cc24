//! Which versions of the contracts callers use. It is kept in memory: who calls is known again within a day of a start, and no feed is troubled.

use crossdock_core::Micros;
use crossdock_proto::operations::ContractUse;
use crossdock_records::timestamp;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Metadata in which a client says its version of the contracts.
pub const CONTRACT: &str = "crossdock-contract";

/// Most uses that are kept: a client may send anything as its version.
const MOST: usize = 1_000;
/// Longest version, in bytes.
const LONGEST: usize = 40;

/// The last call by connection, package and version.
#[derive(Debug, Default)]
pub struct Contracts(Mutex<BTreeMap<[String; 3], Micros>>);

impl Contracts {
    /// Notes a call of a method such as `/crossdock.demand.v1.RecordService/List`.
    pub fn called(&self, connection: &str, path: &str, version: &str, now: Micros) {
        let service = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let package = service.rsplit_once('.').map_or(service, |(package, _)| package);
        let version = if version.len() > LONGEST { "" } else { version };
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = [connection, package, version].map(str::to_owned);
        if uses.len() < MOST || uses.contains_key(&key) {
            uses.insert(key, now);
        }
    }

    /// What was noted, by connection, package and version.
    pub fn uses(&self) -> Vec<ContractUse> {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |([connection, package, version], at): (&[String; 3], &Micros)| ContractUse {
            connection: connection.clone(),
            package: package.clone(),
            version: version.clone(),
            last_call_time: Some(timestamp(*at)),
        };
        uses.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_call_of_each_version_is_kept() {
        let contracts = Contracts::default();
        for (version, at) in [("0.1.0", 1_000_000), ("", 2_000_000), ("0.1.0", 3_000_000), (&*"x".repeat(41), 4_000_000)] {
            contracts.called("erp", "/crossdock.demand.v1.RecordService/List", version, at);
        }
        let uses: Vec<_> =
            contracts.uses().into_iter().map(|held| (held.package, held.version, held.last_call_time.unwrap().seconds)).collect();
        let package = || String::from("crossdock.demand.v1");
        assert_eq!(uses, [(package(), String::new(), 4), (package(), "0.1.0".into(), 3)]);
        for number in 0..2_000 {
            contracts.called("erp", "/a.B/C", &number.to_string(), 0);
        }
        assert_eq!(contracts.uses().len(), MOST);
    }
}
