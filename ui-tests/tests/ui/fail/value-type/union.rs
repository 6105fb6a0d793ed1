//! A union as a value.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone, Copy)]
union Bits {
    whole: u32,
}

fn main() {}

//~ `union`: AssetValue
//~ replace: union Bits => struct Bits
