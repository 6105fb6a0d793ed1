//! A unit variant with parentheses.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
enum Mode {
    Slow(),
    Fast,
}

fn main() {}

//~ `()`: unit variants, Slow
//~ replace: Slow() => Slow
