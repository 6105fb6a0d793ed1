//! Compiles every case and compares what rustc says. See `README.md`.

/// Shows or runs one case: `EDGE_UI_CASE=unknown_key cargo test -p edge-ui-tests`.
const ONE: &str = "EDGE_UI_CASE";

#[test]
fn ui() {
    let one = std::env::var(ONE).unwrap_or_else(|_| "*".to_owned());
    let cases = trybuild::TestCases::new();
    // With a star in each, trybuild does not mind that one of them finds nothing.
    cases.pass(format!("tests/ui/pass*/{one}.rs"));
    cases.compile_fail(format!("tests/ui/fail/*/{one}.rs"));
}
