//! A value that contains itself.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
struct Node {
    children: Vec<Node>,
}

fn main() {}

//~ `Vec<Node>`: Node
//~ fix: Vec<u8>
