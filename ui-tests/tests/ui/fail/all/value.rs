//! Many mistakes in a value type, each shown once.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
#[asset_value(rename = "camelCase", crate = 5)]
struct Schedule {
    #[asset_value(nam = "start")]
    start_hour: u8,
    #[asset_value(name = "until hour")]
    until_hour: u8,
    #[asset_value(name = "start_hour")]
    next: Vec<Schedule>,
}

fn main() {
    let _ = Schedule::profile();
}
