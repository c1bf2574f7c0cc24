//! Which rule decides, and what it asks for: the first of its stage whose condition holds. Where none holds, or one cannot be told, a person looks.

use crossdock_conditions::{Condition, LINE, ORDER, Value};
use crossdock_core::Micros;
use crossdock_proto::{
    governance::{ApprovalRule, ApprovalStage, Policy},
    writeback::Clearance,
};
use crossdock_records::{micros, timestamp};
use std::collections::BTreeMap;

/// Named values, as a rule sees them.
pub type Values = BTreeMap<&'static str, Value>;

/// The approval rules of a policy, compiled.
pub struct Rules {
    version: String,
    first_level: String,
    rules: Vec<(ApprovalRule, Result<Condition, String>)>,
}

impl Rules {
    /// Of this policy.
    pub fn of(policy: &Policy) -> Self {
        let compile = |rule: &ApprovalRule| {
            let names = if rule.stage() == ApprovalStage::Order { ORDER } else { LINE };
            (rule.clone(), Condition::compile(&rule.when, names))
        };
        let writeback = policy.writeback.as_ref();
        let first_level = writeback.and_then(|rules| rules.levels.first()).map(|level| level.name.clone());
        Self {
            version: policy.version.clone(),
            first_level: first_level.unwrap_or_default(),
            rules: writeback.map(|rules| rules.approval_rules.iter().map(compile).collect()).unwrap_or_default(),
        }
    }

    /// What a recommendation needs.
    pub fn line(&self, values: &Values, now: Micros) -> Clearance {
        self.clear(values, now, |stage| stage != ApprovalStage::Order)
    }

    /// What a sealed draft order needs.
    pub fn order(&self, values: &Values, now: Micros) -> Clearance {
        self.clear(values, now, |stage| stage == ApprovalStage::Order)
    }

    fn clear(&self, values: &Values, now: Micros, is_of: impl Fn(ApprovalStage) -> bool) -> Clearance {
        let blank = Clearance {
            policy_version: self.version.clone(),
            values: values.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect(),
            ..Clearance::default()
        };
        let person = |note: String| Clearance { levels: vec![self.first_level.clone()], note, ..blank.clone() };
        for (rule, condition) in self.rules.iter().filter(|(rule, _)| is_of(rule.stage())) {
            match condition.as_ref().map_err(Clone::clone).and_then(|condition| condition.holds(values)) {
                Ok(false) => {}
                Ok(true) => return self.decided(rule, values, now, blank),
                Err(error) => return person(format!("rule {:?} cannot be told: {error}", rule.name)),
            }
        }
        person("no rule holds".to_owned())
    }

    fn decided(&self, rule: &ApprovalRule, values: &Values, now: Micros, blank: Clearance) -> Clearance {
        let note = if rule.levels.is_empty() { in_doubt(values) } else { "" };
        let levels = if note.is_empty() { rule.levels.clone() } else { vec![self.first_level.clone()] };
        let waits = !levels.is_empty();
        let after =
            |time: Option<i64>| time.filter(|_| waits).map(|seconds| timestamp(now.saturating_add(seconds.saturating_mul(1_000_000))));
        Clearance {
            rule: rule.name.clone(),
            note: note.to_owned(),
            levels,
            expire_time: after(rule.expire_after.as_ref().map(|time| time.seconds)),
            escalate_time: after(rule.escalate_after.as_ref().map(|time| time.seconds)),
            ..blank
        }
    }

    /// When what escalates now escalates again.
    pub fn escalates_again(&self, clearance: &Clearance, now: Micros) -> Option<Micros> {
        let (rule, _) = self.rules.iter().find(|(rule, _)| rule.name == clearance.rule)?;
        Some(now.saturating_add(rule.escalate_after.as_ref()?.seconds.saturating_mul(1_000_000)))
    }
}

/// Why nothing goes on by itself although a rule would let it; empty: nothing is in doubt.
fn in_doubt(values: &Values) -> &'static str {
    let is_false = |name| values.get(name) == Some(&Value::Bool(false));
    if is_false("value_known") {
        "its value is unknown: a price or an exchange rate is missing"
    } else if is_false("fresh") {
        "what it rests on is not fresh"
    } else {
        ""
    }
}

/// Whether nobody has to approve any more.
pub fn is_cleared(clearance: &Clearance) -> bool {
    clearance.approvals.len() >= clearance.levels.len()
}

/// When nobody's deciding has a consequence.
pub fn next_time(clearance: &Clearance) -> Option<Micros> {
    clearance.expire_time.iter().chain(&clearance.escalate_time).map(micros).min()
}
