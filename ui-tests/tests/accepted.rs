//! The pass cases with the richest expansions, as modules: clippy sees them here.

/// Declares each case as a module and runs it.
macro_rules! cases {
    ($($case:ident $path:literal)*) => { $(
        #[path = $path]
        pub mod $case;

        #[test]
        fn $case() {
            $case::main();
        }
    )* };
}

cases! {
    children "ui/pass/children.rs"
    delivery "ui/pass/delivery.rs"
    greenhouse "ui/pass/greenhouse.rs"
    limits "ui/pass/limits.rs"
    strict "ui/pass/strict.rs"
    values "ui/pass/values.rs"
    visibility "ui/pass/visibility.rs"
}
