//! Two values that contain each other.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
struct Room {
    doors: Vec<Door>,
}

#[derive(AssetValue, Clone)]
struct Door {
    to: Option<Room>,
}

fn main() {}

//~ `Vec<Door>`: cycle, MEMBERS_OF_, A_VALUE_CANNOT_CONTAIN_ITSELF
//~ replace: Option<Room> => Option<u8>
