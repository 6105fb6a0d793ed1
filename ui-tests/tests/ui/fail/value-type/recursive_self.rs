//! A value that contains itself, called `Self`.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
struct Node {
    children: Vec<Self>,
}

fn main() {}

//~ `Vec<Self>`: Node
//~ fix: Vec<u8>
