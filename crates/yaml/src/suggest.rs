/// `; did you mean `x`?` for the known name closest to `name`, or nothing if none is close.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let closest =
        known.into_iter().map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate)).min();
    match closest {
        Some((distance, candidate)) if distance <= candidate.len().max(3) / 3 => format!("; did you mean `{candidate}`?"),
        _ => String::new(),
    }
}
