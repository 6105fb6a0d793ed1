//! A value that cannot be.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
enum Mode {}

fn main() {}

//~ `Mode`: Mode
//~ replace: enum Mode {} => enum Mode {↵    Eco,↵}
