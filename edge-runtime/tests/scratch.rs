#![allow(dead_code)]
extern crate self as edge_tests;
pub type TestResult = Result<(), Box<dyn std::error::Error>>;
mod virtual_device {
    #[path = "/tmp/qe/tests/it/virtual_device/access.rs"]
    mod access;
    #[path = "/tmp/qe/tests/it/virtual_device/house.rs"]
    pub mod house;
    #[path = "/tmp/qe/tests/it/virtual_device/models.rs"]
    mod models;
    #[path = "/tmp/qe/tests/it/virtual_device/transactions.rs"]
    mod transactions;
}
