//! A case that is named in half, of a value.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
#[asset_value(rename_all = "kebab")]
enum Mode {
    EcoPlus,
}

fn main() {}

//~ `"kebab"`: unknown case, kebab-case
//~ fix: "kebab-case"
