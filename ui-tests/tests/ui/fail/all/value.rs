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

//~ `rename`: unknown, rename, rename_all
//~ fix: rename_all
//~ `5`: crate = ::edge_runtime
//~ fix: ::edge_runtime
//~ `nam`: unknown, nam, name
//~ fix: name
//~ `"until hour"`: until hour, _, -
//~ fix: "until_hour"
//~ `start_hour`: start_hour
//~ `"start_hour"`: start_hour
//~ fix: "next"
//~ `Vec<Schedule>`: Schedule
//~ fix: Vec<u8>
