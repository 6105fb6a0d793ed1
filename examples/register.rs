//! Registers a device if it is not registered yet: what an adapter does once, when it starts.

use edge_examples::{Demo, Result};
use edge_runtime::connector::{Asset, AssetType, AssetVendor, Code, SubAsset};

#[tokio::main]
async fn main() -> std::process::ExitCode {
    edge_examples::exit(run().await)
}

#[allow(clippy::print_stdout, reason = "it is what an example is for")]
async fn run() -> Result<()> {
    let demo = Demo::start().await?;
    // In a program: let connector = ConnectorClient::from_env()?;
    let connector = &demo.connector;
    let sn = std::env::var("EDGE_SN").unwrap_or_else(|_| "DOCK-1".to_owned());
    let asset = match connector.get_asset_by_sn(&sn).await {
        Err(error) if error.code() == Code::NotFound => {
            let dock = Asset::new(&sn).name("Roof dock").asset_type(AssetType::Dock).vendor(AssetVendor::Dji);
            connector.register_asset(&dock.with(SubAsset::device(format!("{sn}-drone").as_str()))).await?
        }
        found => found?,
    };
    println!("{} is registered with id {}", asset.sn, asset.id);
    demo.close().await;
    Ok(())
}
