//! A bad value of each key of an action.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(reboot, name = "re boot", alias = "", title = 5, description = " ", timeout = "5 sec"))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `5`: string literal, title
//~ fix: "Reboot"
//~ `" "`: description, empty
//~ `"5 sec"`: timeout, "5s"
//~ fix: "5s"
//~ `"re boot"`: action name
//~ fix: "re-boot"
//~ `""`: alias, empty
//~ replace: alias = "",  =>
//~ replace: description = " ",  =>
