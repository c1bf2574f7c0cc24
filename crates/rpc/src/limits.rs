//! How much a caller may ask for. Every limit is here; docs/limits.md says what each is for and what a caller sees who passes it.

use serde::{Deserialize, Serialize};

/// Limits of a process. Times are in seconds.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections of one address.
    pub connections_per_address: usize,
    /// A connection has to be ready for calls within this time: TLS and the preface of HTTP/2.
    pub handshake_seconds: u64,
    /// A connection without a call is closed after this time.
    pub idle_seconds: u64,
    /// A connection takes no new calls after this time, so that clients spread over new processes.
    pub age_seconds: u64,
    /// Calls of a connection that takes no new ones may go on for this long.
    pub age_grace_seconds: u64,
    /// Calls at once on one connection.
    pub streams: u32,
    /// Streams of one connection that may be reset by this side's own decision before it is closed.
    pub resets: usize,
    /// Bytes of the headers of a call.
    pub header_bytes: u32,
    /// Bytes of a request message, whatever its method allows.
    pub message_bytes: usize,
    /// Bytes of the request messages that are large and not answered yet, of all connections; one connection gets a quarter of it.
    pub receiving_bytes: usize,
    /// A call that names no deadline and is no stream ends after this time; and so long a message of a stream may take.
    pub deadline_seconds: u64,
    /// No deadline of a call that is no stream is later than this.
    pub longest_deadline_seconds: u64,
    /// A caller that does not go on reading an answer or sending a message for this long is given up.
    pub stall_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_per_address: 512,
            handshake_seconds: 10,
            idle_seconds: 900,
            age_seconds: 3_600,
            age_grace_seconds: 60,
            streams: 100,
            resets: 1_024,
            header_bytes: 16 * 1024,
            message_bytes: crate::MAX_MESSAGE,
            receiving_bytes: 256 * 1024 * 1024,
            deadline_seconds: 60,
            longest_deadline_seconds: 600,
            stall_seconds: 30,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossdock_proto::schema;
    use std::collections::BTreeSet;

    const PAGE: &str = include_str!("../../../docs/limits.md");

    #[test]
    fn every_limit_of_the_process_is_in_the_docs() {
        let limits = serde_json::to_value(Limits::default()).unwrap();
        for (name, value) in limits.as_object().unwrap() {
            assert!(PAGE.contains(&format!("\n| `{name}` | {value} | ")), "docs/limits.md has no row for {name}, {value}");
        }
    }

    #[test]
    fn every_limit_of_the_contract_is_in_the_docs() {
        let row = |name: &str, bytes: usize, parts: usize| format!("| {name} | {bytes} | {parts} |");
        let all: BTreeSet<String> =
            schema().methods().map(|(_, method)| row("all others", method.max_request_bytes, method.max_request_parts)).collect();
        let others = all.iter().find(|row| PAGE.contains(row.as_str())).expect("no row for all others");
        let mut rows: BTreeSet<String> = schema()
            .methods()
            .filter(|(_, method)| row("all others", method.max_request_bytes, method.max_request_parts) != *others)
            .map(|(path, method)| {
                let name = path.rsplit_once('.').map_or(path, |(_, name)| name.trim_start_matches("v1."));
                row(&format!("`{name}`"), method.max_request_bytes, method.max_request_parts)
            })
            .collect();
        rows.insert(others.clone());
        let told: BTreeSet<String> = PAGE
            .lines()
            .skip_while(|line| !line.starts_with("| method |"))
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .map(str::to_owned)
            .collect();
        assert_eq!(told, rows, "the table of methods in docs/limits.md");
    }
}
