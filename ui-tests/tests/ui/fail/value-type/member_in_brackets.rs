//! A member is a list of what there is not.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
struct Week {
    days: Vec<Day>,
}

fn main() {}

//~ `Day`: Day
//~ fix: u8
