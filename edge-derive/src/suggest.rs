//! The word that somebody may have meant.

/// How near a word must be to be suggested.
const NEAR: f64 = 0.8;

/// What other libraries call a value.
const SYNONYMS: &[(&str, &str)] = &[
    ("block", "wait"),
    ("calculated", "virtual"),
    ("command", "actuator"),
    ("computed", "virtual"),
    ("conflate", "latest"),
    ("control", "actuator"),
    ("derived", "virtual"),
    ("disk", "stored"),
    ("durable", "stored"),
    ("emergency", "critical"),
    ("error", "significant"),
    ("fatal", "critical"),
    ("high", "significant"),
    ("info", "low"),
    ("last", "latest"),
    ("major", "significant"),
    ("measurement", "sensor"),
    ("medium", "normal"),
    ("memory", "volatile"),
    ("newest", "drop-newest"),
    ("none", "discard"),
    ("oldest", "drop-oldest"),
    ("output", "actuator"),
    ("parameter", "config"),
    ("persist", "stored"),
    ("persisted", "stored"),
    ("persistent", "stored"),
    ("ram", "volatile"),
    ("reject", "drop-newest"),
    ("setting", "config"),
    ("switch", "actuator"),
    ("telemetry", "sensor"),
    ("urgent", "critical"),
    ("warn", "normal"),
    ("warning", "normal"),
];

/// The nearest of `words`, if one is near.
pub(crate) fn nearest<'a>(found: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace('-', "_");
    let found = plain(found);
    let rated: Vec<_> = words
        .into_iter()
        .map(|word| (similarity(&found, &plain(word)), word))
        .filter(|(rate, _)| *rate > NEAR)
        .collect();
    let best = rated.iter().map(|(rate, _)| *rate).fold(NEAR, f64::max);
    // Of two that are as near, either may be wrong.
    let mut nearest = rated.into_iter().filter(|(rate, _)| *rate == best).map(|(_, word)| word);
    nearest.next().filter(|_| nearest.next().is_none())
}

/// The words in backticks: `` `a`, `b`, `c` ``.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// ``one of `a`, `b` ``, or `` `a` `` if there is but one.
pub(crate) fn one_of<'a>(words: impl Iterator<Item = &'a str> + Clone) -> String {
    let prefix = if words.clone().nth(1).is_some() { "one of " } else { "" };
    format!("{prefix}{}", list(words))
}

/// The words as string literals: `"a"`, `"b"`.
pub(crate) fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

/// Which of `words` was probably meant: what is called so elsewhere, or the nearest.
pub(crate) fn meant<'a>(found: &str, words: impl IntoIterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let synonym = SYNONYMS.iter().find(|(word, _)| *word == found);
    let own = synonym.and_then(|(_, own)| words.clone().into_iter().find(|it| it == own));
    own.or_else(|| nearest(found, words))
}

/// What is said of a word that is none of `words`, all of which are in lower case.
pub(crate) fn unknown<'a>(
    what: &str,
    plural: &str,
    found: &str,
    words: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let (shown, expected) = (found.escape_debug(), format!("expected one of {}", list(words.clone())));
    if found.is_empty() {
        return format!("the {what} is empty, {expected}");
    }
    if let Some(word) = words.clone().into_iter().find(|word| found.trim() == *word) {
        return format!("unknown {what} `{shown}`, remove the white space: `{word}`");
    }
    if let Some(word) = words.clone().into_iter().find(|word| found.trim().eq_ignore_ascii_case(word)) {
        return format!("unknown {what} `{shown}`, {plural} are in lower case: `{word}`");
    }
    match meant(found, words.clone()) {
        Some(near) => format!("unknown {what} `{shown}`, did you mean `{near}`? ({expected})"),
        None => format!("unknown {what} `{shown}`, {expected}"),
    }
}

/// Jaro-Winkler, which makes little of short words: there, one letter more or less is near, and so are
/// swapped letters. That `max_length` starts as `max` does says nothing: what follows is another word.
fn similarity(found: &str, word: &str) -> f64 {
    // Of two that start with the same word, the others say how near they are: `max_count` is not `max_interval`.
    if let (Some((first, rest)), Some((same, other))) = (found.split_once('_'), word.split_once('_'))
        && first == same
    {
        return similarity(rest, other);
    }
    let near = found.len() > 1 && (one_less(found, word) || one_less(word, found) || swapped(found, word));
    let goes_on = found.strip_prefix(word).is_some_and(|rest| rest.starts_with('_'));
    jaro_winkler(found, word, !goes_on).max(if near { 0.9 } else { 0.0 })
}

fn one_less(longer: &str, shorter: &str) -> bool {
    let without = |(i, c): (usize, char)| format!("{}{}", &longer[..i], &longer[i + c.len_utf8()..]);
    longer.char_indices().map(without).any(|word| word == shorter)
}

fn swapped(a: &str, b: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    a.chars().next() == b.chars().next() && sorted(a) == sorted(b)
}

/// Jaro-Winkler: 1 for equal words, 0 for words without a common letter. More for those that start alike, if that counts.
fn jaro_winkler(a: &str, b: &str, start_counts: bool) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let most = if start_counts { 4 } else { 0 };
    let prefix = a.iter().zip(&b).take(most).take_while(|(a, b)| a == b).count();
    let jaro = jaro(&a, &b);
    jaro + 0.1 * prefix as f64 * (1.0 - jaro)
}

fn jaro(a: &[char], b: &[char]) -> f64 {
    let window = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; b.len()];
    let mut common = Vec::new();
    for (i, c) in a.iter().enumerate() {
        let near = i.saturating_sub(window)..b.len().min(i + window + 1);
        if let Some(j) = near.into_iter().find(|&j| !taken[j] && b[j] == *c) {
            taken[j] = true;
            common.push(*c);
        }
    }
    if common.is_empty() {
        return 0.0;
    }
    let theirs = b.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(c, _)| c);
    let swapped = common.iter().zip(theirs).filter(|(a, b)| a != b).count();
    let (m, swaps) = (common.len() as f64, swapped as f64 / 2.0);
    (m / a.len() as f64 + m / b.len() as f64 + (m - swaps) / m) / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: &str, expected: Option<&str>) {
        let words = ["kind", "name", "title", "description", "unit", "min", "max", "step", "compute"];
        assert_eq!(nearest(found, words), expected, "{found}");
    }

    #[test]
    fn typing_mistakes_are_near() {
        check("knd", Some("kind"));
        check("Kind", Some("kind"));
        check("minimum", Some("min"));
        check("desc", Some("description"));
        check("computed", Some("compute"));
        check("units", Some("unit"));
        check("mx", Some("max"));
        check("mni", Some("min"));
    }

    #[test]
    fn other_words_are_not() {
        check("frobnicate", None);
        check("", None);
        check("q", None);
        check("max_length", None);
        check("min_period", None);
    }

    #[test]
    fn behind_the_same_word_others_are_compared() {
        let check = |found: &str, expected: Option<&str>| {
            let words = ["max", "min_interval", "max_interval", "stale_after", "on_change"];
            assert_eq!(nearest(found, words), expected, "{found}");
        };
        check("max_intervall", Some("max_interval"));
        check("min_intvl", Some("min_interval"));
        check("max_deviation", None);
        check("max_items", None);
        check("stale_afer", Some("stale_after"));
        check("on_chang", Some("on_change"));
    }
}
