//! Who may say yes: the persons of a level or of a later one, and whoever stands in for them today; never to what they last edited.

use crossdock_core::Violation;
use crossdock_proto::{
    governance::{ApprovalLevel, WritebackRules},
    writeback::{Approval, Clearance},
};
use jiff::civil::Date;

/// A person who decides.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// Who.
    pub principal: &'a str,
    /// The day, in UTC, on which a delegation must be valid.
    pub today: Date,
}

/// Adds the approvals that a person can give: of the levels that are still needed, in their order, one after the other as long as they may.
///
/// # Errors
/// `OWN_EDIT`, `LEVEL`.
pub fn give(
    rules: &WritebackRules,
    clearance: &Clearance,
    by: Speaker<'_>,
    editors: &[String],
    yes: &Approval,
) -> Result<Clearance, Violation> {
    if editors.iter().any(|editor| editor == by.principal) {
        let message = "edited it last: somebody else has to approve";
        return Err(Violation::new("", "OWN_EDIT", by.principal, message));
    }
    let voices: Vec<&str> = voices(rules, by).into_iter().filter(|voice| !editors.iter().any(|editor| editor == voice)).collect();
    let mut cleared = clearance.clone();
    while let Some(level) = clearance.levels.get(cleared.approvals.len()) {
        let Some(voice) = voices.iter().find(|voice| persons(rules, level).any(|person| person == **voice)) else { break };
        let on_behalf_of = if *voice == by.principal { String::new() } else { (*voice).to_owned() };
        cleared.approvals.push(Approval { level: level.clone(), principal: by.principal.to_owned(), on_behalf_of, ..yes.clone() });
    }
    if cleared.approvals.len() > clearance.approvals.len() {
        return Ok(cleared);
    }
    let level = clearance.levels.get(clearance.approvals.len()).map_or("", String::as_str);
    let who = persons(rules, level).collect::<Vec<_>>().join(", ");
    let message = if who.is_empty() {
        "may not approve, and nobody may: the policy has no approval levels with persons".to_owned()
    } else {
        format!("may not approve at level {level:?}: {who} may")
    };
    Err(Violation::new("", "LEVEL", by.principal, message))
}

/// In whose name somebody speaks: their own, and of those for whom they stand in today.
fn voices<'a>(rules: &'a WritebackRules, by: Speaker<'a>) -> Vec<&'a str> {
    let today = by.today.to_string();
    let stands_in = rules.delegations.iter().filter(|delegation| {
        delegation.to == by.principal && delegation.first_day.as_str() <= today.as_str() && today.as_str() <= delegation.last_day.as_str()
    });
    std::iter::once(by.principal).chain(stands_in.map(|delegation| delegation.from.as_str())).collect()
}

/// Who may approve at a level: its persons, and those of later ones. Of a level that the policy has no longer, those of the last.
fn persons<'a>(rules: &'a WritebackRules, level: &str) -> impl Iterator<Item = &'a str> {
    let at = rules.levels.iter().position(|held| held.name == level).unwrap_or(rules.levels.len().saturating_sub(1));
    rules.levels.iter().skip(at).flat_map(|level: &ApprovalLevel| &level.principals).map(String::as_str)
}

/// What was approved of the same picture before stands for these levels as well, each by its own level or a later one.
pub fn kept(rules: &WritebackRules, before: &[Approval], levels: &[String]) -> Vec<Approval> {
    let at = |level: &str| rules.levels.iter().position(|held| held.name == level);
    let covers =
        |approval: &&Approval, level: &str| approval.level == level || at(level).is_some_and(|needed| at(&approval.level) >= Some(needed));
    let of = |level: &String| {
        let approval = before.iter().find(|approval| covers(approval, level))?;
        Some(Approval { level: level.clone(), ..approval.clone() })
    };
    levels.iter().map_while(of).collect()
}

/// The level after this one; none if it is the last.
pub fn above<'a>(rules: &'a WritebackRules, level: &str) -> Option<&'a str> {
    let at = rules.levels.iter().position(|held| held.name == level)?;
    rules.levels.get(at + 1).map(|level| level.name.as_str())
}

/// The clearance when the level that is needed next did not decide: the level above it decides instead. None: there is none above.
pub fn escalated(rules: &WritebackRules, clearance: &Clearance) -> Option<Clearance> {
    let at = clearance.approvals.len();
    let above = above(rules, clearance.levels.get(at)?)?;
    let mut escalated = clearance.clone();
    above.clone_into(&mut escalated.levels[at]);
    // What is asked for next is that level already.
    if escalated.levels.get(at + 1).is_some_and(|next| next == above) {
        escalated.levels.remove(at);
    }
    Some(escalated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossdock_proto::governance::Delegation;
    use jiff::civil::date;

    fn rules() -> WritebackRules {
        let level = |name: &str, principals: &[&str]| ApprovalLevel {
            name: name.into(),
            principals: principals.iter().map(|person| (*person).to_owned()).collect(),
        };
        let stands_in = |from: &str, to: &str| Delegation {
            from: from.into(),
            to: to.into(),
            first_day: "2026-06-10".into(),
            last_day: "2026-06-20".into(),
        };
        WritebackRules {
            levels: vec![level("buyer", &["ann", "bob"]), level("manager", &["mia"]), level("director", &["dan", "ann"])],
            delegations: vec![stands_in("mia", "cem"), stands_in("ann", "eve"), stands_in("cem", "fay")],
            ..WritebackRules::default()
        }
    }

    fn needs(levels: &[&str]) -> Clearance {
        Clearance { levels: levels.iter().map(|level| (*level).to_owned()).collect(), ..Clearance::default() }
    }

    fn says(levels: &[&str], who: &str, day: Date, editors: &[&str]) -> Result<Vec<(String, String)>, &'static str> {
        let editors: Vec<String> = editors.iter().map(|editor| (*editor).to_owned()).collect();
        let given = give(&rules(), &needs(levels), Speaker { principal: who, today: day }, &editors, &Approval::default());
        let told = |approval: Approval| (approval.level, approval.on_behalf_of);
        given.map(|given| given.approvals.into_iter().map(told).collect()).map_err(|violation| violation.reason)
    }

    #[test]
    fn who_may_say_yes() {
        let day = date(2026, 6, 15);
        let pair = |level: &str, behalf: &str| (level.to_owned(), behalf.to_owned());
        assert_eq!(says(&["buyer"], "bob", day, &[]), Ok(vec![pair("buyer", "")]));
        assert_eq!(says(&["buyer", "manager"], "bob", day, &[]), Ok(vec![pair("buyer", "")]), "only their own level");
        assert_eq!(says(&["buyer", "manager"], "mia", day, &[]), Ok(vec![pair("buyer", ""), pair("manager", "")]), "a later level as well");
        assert_eq!(says(&["manager"], "bob", day, &[]), Err("LEVEL"));
        assert_eq!(says(&["manager"], "cem", day, &[]), Ok(vec![pair("manager", "mia")]));
        assert_eq!(says(&["manager"], "cem", date(2026, 6, 20), &[]), Ok(vec![pair("manager", "mia")]), "the last day");
        assert_eq!(says(&["manager"], "cem", date(2026, 6, 21), &[]), Err("LEVEL"));
        assert_eq!(says(&["manager"], "cem", date(2026, 6, 9), &[]), Err("LEVEL"));
        assert_eq!(says(&["manager"], "fay", day, &[]), Err("LEVEL"), "who stands in cannot be stood in for");
        assert_eq!(says(&["manager"], "ann", day, &[]), Ok(vec![pair("manager", "")]), "listed at a later level too");
        assert_eq!(says(&["gone"], "mia", day, &[]), Err("LEVEL"));
        assert_eq!(says(&["gone"], "dan", day, &[]), Ok(vec![pair("gone", "")]), "a level that the policy has no longer");
    }

    #[test]
    fn nobody_approves_their_own_edit() {
        let day = date(2026, 6, 15);
        assert_eq!(says(&["buyer"], "ann", day, &["ann"]), Err("OWN_EDIT"));
        assert_eq!(says(&["buyer"], "cem", day, &["cem"]), Err("OWN_EDIT"), "nor for somebody else");
        assert_eq!(says(&["buyer"], "eve", day, &["ann"]), Err("LEVEL"), "nor by somebody else in their name");
        assert!(says(&["buyer"], "bob", day, &["ann"]).is_ok());
    }

    #[test]
    fn approvals_are_kept_up_to_the_first_level_that_none_covers() {
        let given = |levels: &[&str]| -> Vec<Approval> {
            levels.iter().map(|level| Approval { level: (*level).to_owned(), principal: "x".into(), ..Approval::default() }).collect()
        };
        let left = |before: &[&str], levels: &[&str]| kept(&rules(), &given(before), &needs(levels).levels).len();
        assert_eq!(left(&["buyer"], &["buyer", "manager"]), 1);
        assert_eq!(left(&["buyer"], &["manager"]), 0, "a lower level does not speak for a higher one");
        assert_eq!(left(&["manager"], &["buyer", "manager", "director"]), 2, "a later one speaks for those before it");
        assert_eq!(left(&["gone"], &["buyer"]), 0, "a level that the policy has no longer speaks for itself only");
        assert_eq!(left(&["gone"], &["gone"]), 1);
        assert_eq!(left(&[], &["buyer"]), 0);
    }

    #[test]
    fn escalation_goes_up_to_the_last_level() {
        let up = |levels: &[&str]| escalated(&rules(), &needs(levels)).map(|clearance| clearance.levels);
        assert_eq!(up(&["buyer"]), Some(vec!["manager".to_owned()]));
        assert_eq!(up(&["buyer", "manager"]), Some(vec!["manager".to_owned()]), "asked once");
        assert_eq!(up(&["buyer", "director"]), Some(vec!["manager".to_owned(), "director".to_owned()]));
        assert_eq!(up(&["director"]), None);
        assert_eq!(up(&["gone"]), None);
    }
}
