//! The units of an item as a graph: each conversion says how many of one unit are in another, from a day on.

use crossdock_core::Ratio;

/// One conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge<'a> {
    /// The unit described.
    pub unit: &'a str,
    /// The unit it is described in.
    pub to: &'a str,
    /// From this day on, in days since 1970-01-01; `i64::MIN` is always.
    pub from: i64,
    /// How many of `to` are in one `unit`.
    pub factor: Ratio,
}

impl Edge<'_> {
    fn is_between(&self, other: &Self) -> bool {
        (self.unit, self.to) == (other.unit, other.to) || (self.unit, self.to) == (other.to, other.unit)
    }
}

/// How many of `to` are in one `unit` on a day. None if nothing says so, or if several paths say different things.
pub fn between(edges: &[Edge<'_>], unit: &str, to: &str, day: i64) -> Option<Ratio> {
    if unit == to {
        return Some(Ratio::ONE);
    }
    reach(&current(edges, day), unit)?.into_iter().find(|(at, _)| *at == to).map(|(_, factor)| factor)
}

/// The first day on which a conversion says another factor than the paths along the others, and theirs.
pub fn conflict(others: &[Edge<'_>], new: &Edge<'_>) -> Option<(i64, Ratio)> {
    let until = others.iter().filter(|other| other.is_between(new) && other.from > new.from).map(|other| other.from).min();
    // Those that it takes the place of do not count from here on.
    let others: Vec<Edge<'_>> = others.iter().filter(|other| !(other.is_between(new) && other.from < new.from)).copied().collect();
    let later = others.iter().map(|other| other.from).filter(|from| *from > new.from && until.is_none_or(|until| *from < until));
    let mut days: Vec<i64> = later.chain([new.from]).collect();
    days.sort_unstable();
    days.into_iter().find_map(|day| between(&others, new.unit, new.to, day).filter(|found| *found != new.factor).map(|found| (day, found)))
}

/// Between any two units the conversion that began last.
fn current<'a>(edges: &[Edge<'a>], day: i64) -> Vec<Edge<'a>> {
    let begun = || edges.iter().filter(|edge| edge.from <= day);
    begun().filter(|edge| !begun().any(|other| other.is_between(edge) && other.from > edge.from)).copied().collect()
}

/// Every unit that can be reached, with how many of it are in one `unit`; none if two paths disagree or a factor does not fit.
fn reach<'a>(edges: &[Edge<'a>], unit: &'a str) -> Option<Vec<(&'a str, Ratio)>> {
    let mut reached = vec![(unit, Ratio::ONE)];
    let mut next = 0;
    while let Some(&(at, factor)) = reached.get(next) {
        next += 1;
        for (to, step) in edges.iter().filter_map(|edge| steps(edge, at)) {
            let there = factor.times(step)?;
            match reached.iter().find(|(reached, _)| *reached == to) {
                None => reached.push((to, there)),
                Some((_, held)) if *held == there => {}
                Some(_) => return None,
            }
        }
    }
    Some(reached)
}

fn steps<'a>(edge: &Edge<'a>, at: &str) -> Option<(&'a str, Ratio)> {
    if edge.unit == at {
        Some((edge.to, edge.factor))
    } else if edge.to == at {
        Some((edge.unit, edge.factor.inverse()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edge(unit: &'static str, to: &'static str, from: i64, numerator: i64) -> Edge<'static> {
        Edge { unit, to, from, factor: Ratio::new(numerator, 1).unwrap() }
    }

    fn ratio(numerator: i64, denominator: i64) -> Option<Ratio> {
        Ratio::new(numerator, denominator)
    }

    #[test]
    fn the_one_that_counts_is_chosen_by_the_day() {
        let edges = [edge("XCS", "EA", i64::MIN, 12), edge("XCS", "EA", 100, 10)];
        assert_eq!(between(&edges, "XCS", "EA", 99), ratio(12, 1));
        assert_eq!(between(&edges, "XCS", "EA", 100), ratio(10, 1));
        assert_eq!(between(&edges, "EA", "XCS", 100), ratio(1, 10));
        assert_eq!(between(&edges[1..], "XCS", "EA", 99), None);
    }

    #[test]
    fn a_conversion_is_compared_on_every_day_it_counts() {
        let held = [edge("XCS", "EA", i64::MIN, 12), edge("XPL", "XCS", i64::MIN, 10), edge("XCS", "EA", 100, 10)];
        assert_eq!(conflict(&held, &edge("XPL", "EA", i64::MIN, 120)), Some((100, ratio(100, 1).unwrap())));
        assert_eq!(conflict(&held, &edge("XPL", "EA", 100, 100)), None);
        let ended = [held[0], held[1], held[2], edge("XPL", "EA", 100, 100)];
        assert_eq!(conflict(&ended, &edge("XPL", "EA", i64::MIN, 120)), None, "it ends where the next begins");
        assert_eq!(conflict(&held, &edge("EA", "XCS", 100, 10)), Some((100, ratio(1, 10).unwrap())), "the way back is the same pair");
    }

    #[test]
    fn where_paths_disagree_there_is_no_factor() {
        let edges = [edge("XCS", "EA", 0, 12), edge("XPL", "XCS", 0, 10), edge("XPL", "EA", 0, 100)];
        assert_eq!(between(&edges, "XCS", "EA", 0), None);
        assert_eq!(between(&edges, "EA", "EA", 0), Some(Ratio::ONE));
    }

    const UNITS: [&str; 6] = ["EA", "XPX", "XCS", "XLA", "XPL", "KGM"];

    proptest! {
        /// Conversions made from one true size of each unit agree in whatever order they come, and give that size back along every path.
        #[test]
        fn what_is_true_agrees_along_every_path(
            sizes in prop::collection::vec(1..50_i64, UNITS.len()),
            pairs in prop::collection::vec((0..UNITS.len(), 0..UNITS.len()), 1..12).prop_shuffle(),
            wrong in 2..9_i64,
        ) {
            let mut held: Vec<Edge<'_>> = Vec::new();
            for (a, b) in pairs.into_iter().filter(|(a, b)| a != b) {
                let new = Edge { unit: UNITS[a], to: UNITS[b], from: i64::MIN, factor: ratio(sizes[a], sizes[b]).unwrap() };
                prop_assert_eq!(conflict(&held, &new), None);
                let bad = Edge { factor: new.factor.times(ratio(wrong, 1).unwrap()).unwrap(), ..new };
                let reachable = between(&held, new.unit, new.to, 0).is_some();
                prop_assert_eq!(conflict(&held, &bad).map(|(_, found)| found), reachable.then_some(new.factor));
                held.push(new);
            }
            for (a, unit) in UNITS.iter().enumerate() {
                for (b, to) in UNITS.iter().enumerate() {
                    let found = between(&held, unit, to, 0);
                    prop_assert!(found.is_none() || found == ratio(sizes[a], sizes[b]));
                }
            }
        }
    }
}
