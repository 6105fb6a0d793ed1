//! A value with parameters.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
struct Pair<T> {
    first: T,
}

fn main() {}

//~ `T`: Pair
//~ replace: Pair<T> => Pair
//~ replace: first: T => first: u8
