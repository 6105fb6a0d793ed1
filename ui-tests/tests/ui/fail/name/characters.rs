//! Names with what no name has: a blank, a dollar sign, a NUL, dots.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(name = "le vel")]
    level: u8,
    #[asset(name = "$on")]
    on: bool,
    #[asset(name = "nul\0")]
    nul: u8,
    #[asset(name = "..")]
    dots: u8,
}

fn main() {}

//~ `"le vel"`: ' ', letters, digits, `_`
//~ fix: "le_vel"
//~ `"$on"`: '$', letters
//~ fix: "on"
//~ `"nul\0"`: \0, letters
//~ fix: "nul"
//~ `".."`: '.', letters
//~ fix: "dots"
