//! What users must not read.

/// In lower case: a macro that gave up, and names of ours that nobody can make sense of.
const FORBIDDEN: [&str; 14] = [
    "__",
    "panicked",
    "bug of edge-derive",
    "_of_row_",
    "a_value_cannot",
    "anon_assoc",
    "codec",
    "composite",
    "dispatch",
    "edge_",
    "erased",
    "items_of_",
    "members_of_",
    "registered",
];

/// What is said all the same: the words around it, and why.
const EXCUSED: [(&str, &str); 8] = [
    (
        "evaluation panicked: ",
        "so begins rustc what a constant says that is not as it must be; our words follow",
    ),
    ("{anon_assoc#0}", "rustc's name of what an `async fn` of a trait returns"),
    ("edge_runtime", "the crate, as users write it"),
    ("items_of_edge_runtime", "what an expansion calls the crate, where `crate = ..` leads to another"),
    (
        "a_value_cannot_contain_itself",
        "a sentence, where values contain each other: rustc tells a cycle by names",
    ),
    ("members_of_", "the table of a value, named after it; as above"),
    ("assetvalue::codec", "as above"),
    ("value::composite::<impl ", "as above, of lists and options"),
];

/// Which of it occurs.
pub(crate) fn unreadable(said: &str) -> impl Iterator<Item = &'static str> {
    // Longer ones first, of those that contain others.
    let mut excused = EXCUSED.map(|(words, _)| words);
    excused.sort_by_key(|words| std::cmp::Reverse(words.len()));
    let rest = excused.iter().fold(said.to_lowercase(), |said, words| said.replace(words, ""));
    FORBIDDEN.into_iter().filter(move |word| rest.contains(word))
}
