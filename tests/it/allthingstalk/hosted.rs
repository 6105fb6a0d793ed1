//! Several devices on one connection, as several devices on one client of the SDK.

use edge_runtime::allthingstalk::Client;
use edge_runtime::{Change, ConnectError, Device, HandlerResult, Host};
use edge_tests::TestResult;
use serde_json::value::RawValue;

use super::{cloud, platform};

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "actuator", max = 100)]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }
}

#[tokio::test]
async fn devices_share_a_connection_and_each_has_its_own_commands() -> TestResult {
    let cloud = cloud().await;
    let host = Host::new(&platform(&cloud), "GATEWAY-1")?;
    let first = host.device("LAMP-1", Lamp { level: 1 }).handler(Driver).connect().await?;
    let second = host.device("LAMP-2", Lamp { level: 2 }).handler(Driver).connect().await?;
    let again = host.device("LAMP-1", Lamp { level: 3 }).handler(Driver).connect().await;
    assert!(matches!(again, Err(ConnectError::Duplicate { .. })), "{again:?}");
    let client = Client::builder("any").http(cloud.http_url()).build()?;
    for (device, value) in [("LAMP-1", "10"), ("LAMP-2", "20")] {
        client.send_command(device, "level", &RawValue::from_string(value.to_owned())?).await?;
        super::followed(&client, device, "level", value).await;
    }
    assert_eq!((first.level(), second.level()), (10, 20));
    host.close().await?;
    Ok(())
}
