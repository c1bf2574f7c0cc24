//! Whether the rules of approval fit together.

use crate::model::{
    values::Label,
    writeback::{ApprovalRule, Delegation, Stage, Writeback},
};
use crossdock_conditions::Condition;
use crossdock_yaml::{Fault, Place, did_you_mean};

/// Everything about levels, delegations and rules that does not fit.
pub fn faults(rules: &Writeback, writeback: &Place) -> Vec<Fault> {
    let mut faults = levels(rules, &writeback.key("levels"));
    let place = writeback.key("delegations");
    faults.extend(rules.delegations.iter().enumerate().flat_map(|(index, held)| delegation(rules, held, &place.element(index))));
    let place = writeback.key("approval_rules");
    let mut ends = Ends::default();
    for (index, rule) in rules.approval_rules.iter().enumerate() {
        let place = place.element(index);
        if let Some(first) = rules.approval_rules[..index].iter().position(|other| other.name == rule.name) {
            faults.push(place.key("name").fault(format!("{:?} is the name of rule {} too", rule.name.as_str(), first + 1)));
        }
        faults.extend(needed_levels(rules, rule, &place));
        faults.extend(times(rule, &place));
        faults.extend(ends.condition(rule, index, &place));
    }
    faults
}

fn levels(rules: &Writeback, place: &Place) -> Vec<Fault> {
    if rules.levels.is_empty() {
        return vec![place.fault("must name at least one level: nobody could approve")];
    }
    let repeated = |(index, level): (usize, &crate::model::writeback::Level)| {
        let first = rules.levels.iter().position(|other| other.name == level.name)?;
        let message = format!("{:?} is the name of level {} too", level.name.as_str(), first + 1);
        (first < index).then(|| place.element(index).key("name").fault(message))
    };
    rules.levels.iter().enumerate().filter_map(repeated).collect()
}

fn delegation(rules: &Writeback, held: &Delegation, place: &Place) -> Vec<Fault> {
    let mut faults = Vec::new();
    let principals = || rules.levels.iter().flat_map(|level| level.principals.iter());
    if !principals().any(|principal| *principal == held.from) {
        let hint = did_you_mean(held.from.as_str(), principals().map(|principal| principal.as_str()));
        faults.push(place.key("from").fault(format!("{:?} approves at no level{hint}", held.from.as_str())));
    }
    if held.from == held.to {
        faults.push(place.key("to").fault(format!("{:?} cannot stand in for themselves", held.to.as_str())));
    }
    if held.last_day < held.first_day {
        faults.push(place.key("last_day").fault(format!("{} is before the first day, {}", held.last_day, held.first_day)));
    }
    faults
}

fn needed_levels(rules: &Writeback, rule: &ApprovalRule, place: &Place) -> Vec<Fault> {
    let known = || rules.levels.iter().map(|level| level.name.as_str());
    let wrong = |(index, name): (usize, &Label)| {
        let place = place.key("levels").element(index);
        if !known().any(|known| known == name.as_str()) {
            return Some(place.fault(format!("{:?} is none of the levels{}", name.as_str(), did_you_mean(name.as_str(), known()))));
        }
        rule.levels[..index].contains(name).then(|| place.fault(format!("{:?} has to approve twice", name.as_str())))
    };
    rule.levels.iter().enumerate().filter_map(wrong).collect()
}

fn times(rule: &ApprovalRule, place: &Place) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (key, after) in [("expire_after", rule.expire_after), ("escalate_after", rule.escalate_after)] {
        let Some(after) = after else { continue };
        if rule.levels.is_empty() {
            faults.push(place.key(key).fault("nobody has to approve, so nothing waits; name levels, or leave it out"));
        } else if after.seconds() == 0 {
            faults.push(place.key(key).fault("must be more than nothing: nobody could decide"));
        }
    }
    if let (Some(expire), Some(escalate)) = (rule.expire_after, rule.escalate_after)
        && escalate.seconds() >= expire.seconds()
    {
        faults.push(place.key("escalate_after").fault("never comes: it expires before; make it shorter than expire_after"));
    }
    faults
}

/// The rules after which none of their stage is asked any more, and conditions that were asked before.
#[derive(Default)]
struct Ends<'a> {
    asked: Vec<(Stage, &'a str, usize, bool)>,
}

impl<'a> Ends<'a> {
    fn condition(&mut self, rule: &'a ApprovalRule, index: usize, place: &Place) -> Option<Fault> {
        let condition = match Condition::compile(&rule.when, rule.stage.names()) {
            Ok(condition) => condition,
            Err(message) => return Some(place.key("when").fault(message)),
        };
        let mut before = self.asked.iter().filter(|(stage, ..)| *stage == rule.stage);
        let first = before.find(|(_, when, _, always)| *always || *when == rule.when).copied();
        self.asked.push((rule.stage, &rule.when, index, condition.always_holds()));
        let (_, _, first, always) = first?;
        let why = if always { "holds always" } else { "has the same condition" };
        Some(place.key("when").fault(format!("never reached: rule {} of this stage {why} and is asked first", first + 1)))
    }
}
