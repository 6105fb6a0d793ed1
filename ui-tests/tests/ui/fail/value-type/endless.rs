//! A value that has itself as a part: what rustc says is enough.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
struct Node {
    next: Option<Node>,
}

fn main() {}

//~ `struct Node`: infinite size
