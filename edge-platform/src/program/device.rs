//! `edge-platform device`: creates and lists devices, whether a platform runs on the database or not.

use std::io::{self, Write as _};

use edge_platform::{BoxError, DatabaseUrl, Devices, NewDevice};

use super::args::{CreateArgs, DeviceCommand};

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
enum DeviceError {
    #[error("cannot open the database {database}")]
    Open { database: String, source: edge_platform::StoreError },
    #[error("a database in memory ends with this program: give --database sqlite:PATH or postgres://..")]
    InMemory,
}

/// Does what was asked.
///
/// # Errors
/// When the device exists already, or the database cannot be used.
pub(crate) async fn device(command: DeviceCommand, database: DatabaseUrl) -> Result<(), BoxError> {
    if !database.is_durable() {
        return Err(DeviceError::InMemory.into());
    }
    let failed = |source| DeviceError::Open { database: database.to_string(), source };
    let devices = Devices::open(&database).await.map_err(failed)?;
    let done = match command {
        DeviceCommand::Create(args) => create(&devices, args, &database).await,
        DeviceCommand::List(_) => list(&devices).await,
    };
    devices.close().await;
    done
}

async fn create(devices: &Devices, args: CreateArgs, database: &DatabaseUrl) -> Result<(), BoxError> {
    let mut device = NewDevice::new(args.sn);
    device.name = args.name;
    device.organization = args.organization.unwrap_or_default();
    devices.create(&device).await?;
    let id = &device.id;
    writeln!(
        io::stdout(),
        "created the device {id} in {database}\n\n\
         A token of its own (choose TOKEN):\n\n    \
             EDGE_TOKENS='TOKEN={id}' edge-platform serve --database '{database}'\n\n\
         With the Python SDK:\n\n    \
             client = Client('TOKEN', http='http://127.0.0.1:8080', mqtt='127.0.0.1:1883')\n    \
             device = MyDevice(client=client, id='{id}')"
    )?;
    Ok(())
}

async fn list(devices: &Devices) -> Result<(), BoxError> {
    let mut out = io::stdout().lock();
    for device in devices.list().await? {
        // A name may hold anything but NUL: it must not draw on the terminal.
        let (name, organization) = (device.name.escape_debug(), device.organization.escape_debug());
        writeln!(out, "{}\t{}\t{name}\t{organization}", device.id, device.presence)?;
    }
    Ok(())
}
