//! One short text for all that a device declares: equal digests mean nothing to reconcile.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::model::{Asset, AssetType, AssetVendor, Device};

/// What of a device goes into its digest; the order of the assets does not.
#[derive(serde::Serialize)]
struct Canonical<'a> {
    model: &'a str,
    title: &'a str,
    description: &'a str,
    asset_type: AssetType,
    vendor: &'a AssetVendor,
    parent: Option<&'a str>,
    assets: Vec<&'a Asset>,
}

/// The digest of model, title, description, type, vendor, parent and assets: 32 hexadecimal digits of a
/// SHA-256.
///
/// The serial number and the order of assets do not count.
pub fn of(device: &Device) -> String {
    let mut assets: Vec<&Asset> = device.assets.iter().collect();
    assets.sort_by(|a, b| a.name.cmp(&b.name));
    let Device { model, title, description, asset_type, vendor, parent, .. } = device;
    let (asset_type, parent) = (*asset_type, parent.as_deref());
    let canonical = Canonical { model, title, description, asset_type, vendor, parent, assets };
    let text =
        serde_json::to_vec(&canonical).expect("texts, numbers and maps with text keys are always JSON");
    Sha256::digest(&text).iter().take(16).fold(String::with_capacity(32), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;
    use crate::profile::{Profile, ValueType};

    fn device() -> Device {
        let asset = |name: &str| Asset {
            name: name.into(),
            kind: Kind::Sensor,
            title: name.into(),
            description: String::new(),
            profile: Profile::new(ValueType::Number),
        };
        Device {
            sn: "A".into(),
            model: "urn:a".into(),
            title: "A".into(),
            description: String::new(),
            asset_type: AssetType::Unknown,
            vendor: AssetVendor::Unknown,
            parent: None,
            assets: vec![asset("x"), asset("y")],
        }
    }

    #[test]
    fn order_and_serial_number_do_not_count_and_all_else_does() {
        let first = of(&device());
        assert_eq!(first.len(), 32);
        let mut other = device();
        other.assets.reverse();
        other.sn = "B".into();
        assert_eq!(of(&other), first);
        other.assets[0].profile.maximum = Some(5.into());
        assert_ne!(of(&other), first);
    }
}
