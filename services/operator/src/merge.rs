//! The objects of a namespace as one policy file, and its faults as those of the objects.

use crate::{object::Object, resources::Kind};
use crossdock_governance::{PolicyFault, check, misread};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the objects say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is no object at all.
    Nothing,
    /// A policy.
    Policy {
        /// Its version.
        version: String,
        /// Its file.
        document: String,
    },
    /// No policy, for these faults: by the place of their object, and those of no object.
    Faults(BTreeMap<usize, Vec<String>>, Vec<String>),
}

/// What the objects say together. Their order does not matter.
pub fn merged(objects: &[Object]) -> Verdict {
    if objects.is_empty() {
        return Verdict::Nothing;
    }
    let mut faults: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (index, object) in objects.iter().enumerate() {
        // By itself, so that what is wrong with one is told whatever is wrong with others.
        let file = File::of(std::slice::from_ref(object));
        faults.extend(misread("", &file.text).map(|fault| (index, vec![file.told(&fault).1])));
    }
    let file = File::of(objects);
    for (index, message) in &file.twice {
        faults.entry(*index).or_default().push(message.clone());
    }
    if !faults.is_empty() {
        return Verdict::Faults(faults, Vec::new());
    }
    if !objects.iter().any(|object| object.kind == Kind::Connection) {
        return Verdict::Faults(faults, vec!["there is no Connection beside it: nobody could call".to_owned()]);
    }
    let found = match check("", &file.text) {
        Ok(policy) => return Verdict::Policy { version: policy.version, document: file.text },
        Err(found) => found,
    };
    let mut others = Vec::new();
    for fault in found {
        match file.told(&fault) {
            (Some(object), message) => faults.entry(object).or_default().push(message),
            (None, message) => others.push(message),
        }
    }
    Verdict::Faults(faults, others)
}

/// Where a line of the file comes from.
#[derive(Clone, Debug)]
struct From {
    object: usize,
    /// The list of the file that it is an element of, and its place there; or the key whose value it is.
    there: (String, Option<usize>),
    /// The same place in the object.
    here: String,
}

impl From {
    /// The place in the file, as its faults name it.
    fn place(&self) -> String {
        let (key, index) = &self.there;
        index.map_or_else(|| key.clone(), |index| format!("{key}[{index}]"))
    }
}

/// A policy file with an element, or a value, a line: so the line of a fault says whose it is.
struct File<'a> {
    objects: &'a [Object],
    text: String,
    lines: Vec<Option<From>>,
    /// What more than one object says and only one may.
    twice: Vec<(usize, String)>,
}

impl<'a> File<'a> {
    fn of(objects: &'a [Object]) -> Self {
        let mut file = Self { objects, text: String::new(), lines: Vec::new(), twice: Vec::new() };
        let mut order: Vec<usize> = (0..objects.len()).collect();
        order.sort_by(|a, b| (objects[*a].kind, &objects[*a].name).cmp(&(objects[*b].kind, &objects[*b].name)));
        let (connections, policies): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|index| objects[*index].kind == Kind::Connection);
        let entries = connections.into_iter().map(|index| {
            let mut entry = objects[index].spec.clone();
            entry.insert("name".to_owned(), objects[index].name.clone().into());
            (index, "spec".to_owned(), yaml(&entry))
        });
        file.list("connections", entries.collect());
        let keys: BTreeSet<&String> = policies.iter().flat_map(|index| objects[*index].spec.keys()).collect();
        for key in keys {
            let said: Vec<_> = policies.iter().filter_map(|index| Some((*index, objects[*index].spec.get(key)?))).collect();
            if said.iter().all(|(_, value)| value.is_array()) {
                let elements = said.into_iter().flat_map(|(index, value)| {
                    let elements = value.as_array().into_iter().flatten().enumerate();
                    elements.map(move |(at, element)| (index, format!("spec.{key}[{at}]"), yaml(element)))
                });
                file.list(key, elements.collect());
            } else {
                file.value(key, &said);
            }
        }
        file
    }

    fn list(&mut self, key: &str, elements: Vec<(usize, String, String)>) {
        if elements.is_empty() {
            return self.line(&format!("{key}: []"), None);
        }
        self.line(&format!("{key}:"), None);
        for (index, (object, here, text)) in elements.into_iter().enumerate() {
            self.line(&format!("- {text}"), Some(From { object, there: (key.to_owned(), Some(index)), here }));
        }
    }

    fn value(&mut self, key: &str, said: &[(usize, &serde_json::Value)]) {
        let Some(((object, value), later)) = said.split_first() else { return };
        let from = From { object: *object, there: (key.to_owned(), None), here: format!("spec.{key}") };
        self.line(&format!("{key}: {}", yaml(value)), Some(from));
        let first = &self.objects[*object];
        self.twice.extend(later.iter().map(|(later, _)| (*later, format!("spec.{key}: {first} says it too; only one may"))));
    }

    fn line(&mut self, text: &str, from: Option<From>) {
        self.text.push_str(text);
        self.text.push('\n');
        self.lines.push(from);
    }

    /// Whose fault it is, and what is wrong in the words of that object.
    fn told(&self, fault: &PolicyFault) -> (Option<usize>, String) {
        let Some(from) = fault.line.checked_sub(1).and_then(|line| self.lines.get(line)?.as_ref()) else {
            return (None, fault.message.clone());
        };
        let message = match fault.message.strip_prefix(&from.place()) {
            Some(rest) => format!("{}{rest}", from.here),
            None => format!("{}: {}", from.here, fault.message),
        };
        (Some(from.object), self.numbered(from.object, message))
    }

    /// A fault names other elements by their number in the file: here by that in their object.
    fn numbered(&self, object: usize, message: String) -> String {
        for (word, list) in [("issuer", "issuers"), ("authority", "authorities"), ("route", "routes")] {
            let before = format!("{word} ");
            let Some((start, rest)) = message.split_once(&before) else { continue };
            let (number, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
            let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let is_it = |from: &&From| from.there.0 == list && from.there.1 == place;
            let Some(other) = place.and_then(|_| self.lines.iter().flatten().find(is_it)) else { continue };
            let whose = if other.object == object { String::new() } else { format!(" of {}", self.objects[other.object]) };
            return format!("{start}{}{whose}{rest}", other.here);
        }
        message
    }
}

/// A value as YAML in one line: JSON, but YAML takes fewer characters as they are.
fn yaml(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match u32::from(character) {
            0x20..=0x7e => text.push(character),
            code @ ..=0xffff => text.push_str(&format!("\\u{code:04x}")),
            code => text.push_str(&format!("\\U{code:08x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests;
