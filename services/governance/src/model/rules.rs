//! What Kubernetes refuses at once: rules in CEL, written beside the types they are of. Only custom resources have them; editors never see them.

use serde_json::{Value, json};

/// Rules, each with what it says where it does not hold.
pub fn rules<const N: usize>(rules: [(&str, &str); N]) -> Value {
    rules.into_iter().map(|(rule, message)| json!({"rule": rule, "message": message})).collect()
}

/// A span of time in seconds, in CEL, which knows no days.
pub fn seconds(span: &str) -> String {
    let unit = "part.endsWith('d') ? 86400 : part.endsWith('h') ? 3600 : part.endsWith('m') ? 60 : 1";
    format!("{span}.findAll('[0-9]+[dhms]').map(part, int(part.substring(0, size(part) - 1)) * ({unit})).sum()")
}

/// That a span that may be absent is more than nothing.
pub fn lasts(span: &str) -> String {
    format!("!has({span}) || {} > 0", seconds(span))
}

/// That of two spans that may be absent the first is shorter.
pub fn shorter(one: &str, other: &str) -> String {
    format!("!has({one}) || !has({other}) || {} < {}", seconds(one), seconds(other))
}
