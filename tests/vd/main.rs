//! x
#![allow(clippy::unwrap_used)]
mod virtual_device {
    #[path = "../../it/virtual_device/actions.rs"]
    pub mod actions;
    #[path = "../../it/virtual_device/callbacks.rs"]
    pub mod callbacks;
    #[path = "../../it/virtual_device/errors.rs"]
    pub mod errors;
    #[path = "../../it/virtual_device/motor.rs"]
    pub mod motor;
    #[path = "../../it/virtual_device/observers.rs"]
    pub mod observers;
    #[path = "../../it/virtual_device/settle.rs"]
    pub mod settle;
}
