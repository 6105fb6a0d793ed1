//! The command line: what it accepts, and what it makes of it.

mod args;
mod device;
mod file;
mod serve;
mod settings;

pub(crate) use args::{Cli, Command};
pub(crate) use device::device;
pub(crate) use serve::serve;
pub(crate) use settings::{Settings, UsageError, database};
