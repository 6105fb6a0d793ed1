//! What it takes to bring the registered assets in line with the declared ones: a pure function from
//! two devices and a policy to a [`Plan`].

use std::collections::HashMap;
use std::fmt;

use edge_proto::{Asset, Device, Profile};
use serde::Serialize;

use crate::model::OverwritePolicy;

/// How much a difference matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Only people notice: title, description.
    Cosmetic,
    /// Other values are allowed: minimum, maximum, unit, enum, properties.
    Limiting,
    /// Messages mean something else: kind, type, name.
    Breaking,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cosmetic => "cosmetic",
            Self::Limiting => "limiting",
            Self::Breaking => "breaking",
        })
    }
}

/// One thing in which an asset, or the device itself, is registered otherwise than declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The asset's name; empty for the device itself.
    pub asset: String,
    /// What differs: `kind`, `type`, `minimum`, `title`, ..
    pub field: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// As the platform has it.
    pub registered: String,
    /// As the program has it.
    pub declared: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asset, field, severity, registered, declared } = self;
        if !asset.is_empty() {
            write!(f, "{asset}.")?;
        }
        write!(f, "{field}: {} -> {} ({severity})", named(registered), named(declared))
    }
}

/// The way from what is registered to what is declared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The device's serial number.
    pub sn: String,
    /// By which it was made.
    #[serde(serialize_with = "as_text")]
    pub policy: OverwritePolicy,
    /// Whether the device is not registered at all yet; then all assets are missing.
    pub new_device: bool,
    /// Declared, not registered: created under every policy.
    pub missing: Vec<Asset>,
    /// Registered otherwise than declared.
    pub differences: Vec<Difference>,
    /// Registered, no longer declared; deleted under `"prune"` alone.
    pub orphans: Vec<String>,
}

fn as_text<S: serde::Serializer>(policy: &OverwritePolicy, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&policy.to_string().trim_matches('"'))
}

/// What a plan writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Not registered yet.
    pub create: Vec<Asset>,
    /// Overwritten, by name.
    pub update: Vec<Asset>,
    /// Names to delete.
    pub delete: Vec<String>,
    /// Whether what the device says of itself is overwritten: all but its data points.
    pub describe: bool,
}

impl Batch {
    /// What is created or overwritten.
    pub fn upserts(&self) -> impl Iterator<Item = &Asset> {
        self.create.iter().chain(&self.update)
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.create.is_empty() && self.update.is_empty() && self.delete.is_empty() && !self.describe
    }
}

/// Compares a declared device with the registered one.
///
/// ```
/// # use edge_runtime::reconcile::{plan, Severity};
/// # use edge_runtime::model::OverwritePolicy;
/// # use edge_runtime::{Device, DeviceId};
/// # #[derive(Device, Clone)]
/// # struct Lamp { #[asset(kind = "sensor", max = 100)] brightness: u8 }
/// let declared = Lamp::MODEL.declare(&DeviceId::new("LAMP-1").unwrap());
/// let mut registered = declared.clone();
/// registered.assets[0].profile.maximum = Some(80.into());
///
/// let plan = plan(&declared, Some(&registered), OverwritePolicy::Never);
/// assert_eq!(plan.differences[0].severity, Severity::Limiting);
/// assert_eq!(plan.differences[0].to_string(), "brightness.maximum: 80 -> 100 (limiting)");
/// assert!(plan.is_refused());
/// ```
pub fn plan(declared: &Device, registered: Option<&Device>, policy: OverwritePolicy) -> Plan {
    let mut plan = Plan {
        sn: declared.sn.clone(),
        policy,
        new_device: registered.is_none(),
        missing: Vec::new(),
        differences: Vec::new(),
        orphans: Vec::new(),
    };
    let Some(registered) = registered else {
        plan.missing.clone_from(&declared.assets);
        return plan;
    };
    plan.differences.extend(compare_devices(declared, registered));

    let mut known: HashMap<String, &Asset> =
        registered.assets.iter().map(|asset| (asset.name.to_ascii_lowercase(), asset)).collect();
    for asset in &declared.assets {
        match known.remove(&asset.name.to_ascii_lowercase()) {
            Some(found) => plan.differences.extend(compare_assets(asset, found)),
            None => plan.missing.push(asset.clone()),
        }
    }
    let is_orphan = |asset: &&Asset| known.contains_key(&asset.name.to_ascii_lowercase());
    plan.orphans.extend(registered.assets.iter().filter(is_orphan).map(|asset| asset.name.clone()));
    plan
}

impl Plan {
    /// Whether the policy forbids to go on: a breaking or limiting difference under `false`.
    pub fn is_refused(&self) -> bool {
        self.policy == OverwritePolicy::Never && self.mismatches().next().is_some()
    }

    /// The differences that more than people notice.
    pub fn mismatches(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.severity > Severity::Cosmetic)
    }

    /// The mismatches; those of another device are named with it.
    pub(super) fn mismatches_seen_from(&self, device: &str) -> Vec<Difference> {
        let name = |asset: &str| match (self.sn == device, asset.is_empty()) {
            (true, _) => asset.to_owned(),
            (false, true) => self.sn.clone(),
            (false, false) => format!("{}/{asset}", self.sn),
        };
        let named =
            |difference: &Difference| Difference { asset: name(&difference.asset), ..difference.clone() };
        self.mismatches().map(named).collect()
    }

    /// Whether nothing is missing, different or orphaned.
    pub fn is_in_sync(&self) -> bool {
        self.missing.is_empty() && self.differences.is_empty() && self.orphans.is_empty()
    }

    /// What the policy lets be written. Empty for a refused plan.
    pub fn batch(&self, declared: &Device) -> Batch {
        if self.is_refused() {
            return Batch::default();
        }
        let mut batch = Batch { create: self.missing.clone(), ..Batch::default() };
        if self.policy == OverwritePolicy::Never {
            return batch;
        }
        let differs =
            |asset: &&Asset| self.differences.iter().any(|difference| difference.asset == asset.name);
        batch.update.extend(declared.assets.iter().filter(differs).cloned());
        batch.describe = self.differences.iter().any(|difference| difference.asset.is_empty());
        batch.delete = self.renamed();
        if self.policy == OverwritePolicy::Prune {
            batch.delete.extend(self.orphans.iter().cloned());
        }
        batch
    }

    /// In figures: how many assets are created, how many differences are overwritten, how many assets are deleted.
    pub(crate) fn written(&self) -> (usize, usize, usize) {
        let orphans = if self.policy == OverwritePolicy::Prune { self.orphans.len() } else { 0 };
        match self.policy {
            OverwritePolicy::Never => (self.missing.len(), 0, 0),
            _ => (self.missing.len(), self.differences.len(), self.renamed().len() + orphans),
        }
    }

    /// The old names of assets whose name differs in case only.
    fn renamed(&self) -> Vec<String> {
        let renames = self.differences.iter().filter(|difference| difference.field == field::NAME);
        renames.map(|difference| difference.registered.clone()).collect()
    }
}

mod field {
    //! What can differ.
    pub(super) const NAME: &str = "name";
    pub(super) const KIND: &str = "kind";
    pub(super) const TYPE: &str = "type";
    pub(super) const FORMAT: &str = "format";
    pub(super) const MINIMUM: &str = "minimum";
    pub(super) const MAXIMUM: &str = "maximum";
    pub(super) const STEP: &str = "step";
    pub(super) const UNIT: &str = "unit";
    pub(super) const ENUM: &str = "enum";
    pub(super) const PROPERTIES: &str = "properties";
    pub(super) const ITEMS: &str = "items";
    pub(super) const NULLABLE: &str = "nullable";
    pub(super) const TITLE: &str = "title";
    pub(super) const DESCRIPTION: &str = "description";
    pub(super) const MODEL: &str = "model";
    pub(super) const ASSET_TYPE: &str = "asset_type";
    pub(super) const VENDOR: &str = "vendor";
    pub(super) const PARENT: &str = "parent";
}

/// A field of an asset: how much it matters, and how it is read.
type Field<T> = (&'static str, Severity, fn(&T) -> String);

const DEVICE_FIELDS: [Field<Device>; 6] = [
    (field::PARENT, Severity::Breaking, |device| text(device.parent.as_ref())),
    (field::MODEL, Severity::Cosmetic, |device| device.model.clone()),
    (field::TITLE, Severity::Cosmetic, |device| device.title.clone()),
    (field::DESCRIPTION, Severity::Cosmetic, |device| device.description.clone()),
    (field::ASSET_TYPE, Severity::Cosmetic, |device| device.asset_type.to_string()),
    (field::VENDOR, Severity::Cosmetic, |device| device.vendor.to_string()),
];

const ASSET_FIELDS: [Field<Asset>; 4] = [
    (field::NAME, Severity::Breaking, |asset| asset.name.clone()),
    (field::KIND, Severity::Breaking, |asset| asset.kind.to_string()),
    (field::TITLE, Severity::Cosmetic, |asset| asset.title.clone()),
    (field::DESCRIPTION, Severity::Cosmetic, |asset| asset.description.clone()),
];

const PROFILE_FIELDS: [Field<Profile>; 10] = [
    (field::TYPE, Severity::Breaking, |profile| profile.value_type.to_string()),
    (field::FORMAT, Severity::Breaking, |profile| text(profile.format.as_ref())),
    (field::MINIMUM, Severity::Limiting, |profile| text(profile.minimum)),
    (field::MAXIMUM, Severity::Limiting, |profile| text(profile.maximum)),
    (field::STEP, Severity::Limiting, |profile| text(profile.step)),
    (field::UNIT, Severity::Limiting, |profile| text(profile.unit.as_ref())),
    (field::ENUM, Severity::Limiting, |profile| json(&profile.allowed)),
    (field::PROPERTIES, Severity::Limiting, |profile| json(&profile.properties)),
    (field::ITEMS, Severity::Limiting, |profile| json(&profile.items)),
    (field::NULLABLE, Severity::Limiting, |profile| profile.nullable.to_string()),
];

fn named(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn text(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn compare<T>(asset: &str, fields: &[Field<T>], declared: &T, registered: &T) -> Vec<Difference> {
    let differing = |&(field, severity, read): &Field<T>| {
        let (declared, registered) = (read(declared), read(registered));
        let asset = asset.to_owned();
        (declared != registered).then_some(Difference { asset, field, severity, registered, declared })
    };
    fields.iter().filter_map(differing).collect()
}

fn compare_devices(declared: &Device, registered: &Device) -> Vec<Difference> {
    compare("", &DEVICE_FIELDS, declared, registered)
}

fn compare_assets(declared: &Asset, registered: &Asset) -> Vec<Difference> {
    let mut differences = compare(&declared.name, &ASSET_FIELDS, declared, registered);
    differences.extend(compare(&declared.name, &PROFILE_FIELDS, &declared.profile, &registered.profile));
    differences
}

/// Like a diff: `+` is created, `~` differs, `-` is an orphan.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.new_device { "not registered yet" } else { "registered" };
        write!(f, "{} ({what}), overwrite_assets = {}", self.sn, self.policy)?;
        if self.is_in_sync() {
            return write!(f, "\n  in sync");
        }
        for Asset { name, kind, profile, .. } in &self.missing {
            write!(f, "\n  + {name:<16} {kind:<8} {profile}")?;
        }
        for difference in &self.differences {
            write!(f, "\n  ~ {difference}")?;
            let left = self.policy == OverwritePolicy::Never && difference.severity == Severity::Cosmetic;
            f.write_str(if left { ", left as it is" } else { "" })?;
        }
        for name in &self.orphans {
            let fate = if self.policy == OverwritePolicy::Prune { "deleted" } else { "orphan, kept" };
            write!(f, "\n  - {name:<16} {fate}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use edge_proto::{Kind, ValueType};

    use super::*;

    fn asset(name: &str) -> Asset {
        Asset {
            name: name.into(),
            kind: Kind::Sensor,
            title: "T".into(),
            description: String::new(),
            profile: Profile::new(ValueType::Number),
        }
    }

    #[test]
    fn what_is_not_said_is_shown_as_none() {
        let registered = Device { model: String::new(), ..device(Vec::new()) };
        let plan = plan(&device(Vec::new()), Some(&registered), OverwritePolicy::Never);
        assert_eq!(plan.differences[0].to_string(), "model: none -> urn:d (cosmetic)");
    }

    fn device(assets: Vec<Asset>) -> Device {
        Device {
            sn: "D".into(),
            model: "urn:d".into(),
            title: "D".into(),
            description: String::new(),
            asset_type: edge_proto::AssetType::Unknown,
            vendor: edge_proto::AssetVendor::Unknown,
            parent: None,
            assets,
        }
    }

    fn all_policies() -> [OverwritePolicy; 3] {
        [OverwritePolicy::Never, OverwritePolicy::Always, OverwritePolicy::Prune]
    }

    /// What applying a batch does to a registry.
    fn apply(registered: &mut Device, declared: &Device, batch: &Batch) {
        registered.assets.retain(|asset| !batch.delete.contains(&asset.name));
        for asset in batch.upserts() {
            registered.assets.retain(|known| known.name != asset.name);
            registered.assets.push(asset.clone());
        }
        if batch.describe {
            *registered = Device { assets: registered.assets.clone(), ..declared.clone() };
        }
    }

    #[test]
    fn equal_devices_need_nothing() {
        let declared = device(vec![asset("a"), asset("b")]);
        let mut registered = declared.clone();
        registered.assets.reverse();
        for policy in all_policies() {
            let plan = plan(&declared, Some(&registered), policy);
            assert!(plan.is_in_sync() && plan.batch(&declared).is_empty(), "{plan}");
        }
    }

    #[test]
    fn never_lists_all_mismatches_and_writes_nothing() {
        let declared = device(vec![asset("a"), asset("b"), asset("new")]);
        let mut registered = device(vec![asset("a"), asset("b"), asset("old")]);
        registered.assets[0].kind = Kind::Actuator;
        registered.assets[0].profile.maximum = Some(5.into());
        registered.assets[1].title = "Other".into();
        let plan = plan(&declared, Some(&registered), OverwritePolicy::Never);
        assert!(plan.is_refused());
        assert_eq!(plan.batch(&declared), Batch::default());
        assert_eq!(
            plan.to_string(),
            "D (registered), overwrite_assets = false\
             \n  + new              sensor   number\
             \n  ~ a.kind: actuator -> sensor (breaking)\
             \n  ~ a.maximum: 5 -> none (limiting)\
             \n  ~ b.title: Other -> T (cosmetic), left as it is\
             \n  - old              orphan, kept"
        );
    }

    #[test]
    fn never_creates_the_missing_and_leaves_what_is_cosmetic() {
        let declared = device(vec![asset("a"), asset("new")]);
        let mut registered = device(vec![asset("a")]);
        registered.assets[0].description = "by hand".into();
        let plan = plan(&declared, Some(&registered), OverwritePolicy::Never);
        assert!(!plan.is_refused());
        assert_eq!(plan.batch(&declared).create, [asset("new")]);
    }

    #[test]
    fn applying_reaches_the_declared_and_a_second_time_writes_nothing() {
        let declared = device(vec![asset("a"), asset("Temp"), asset("new")]);
        let mut start = device(vec![asset("a"), asset("temp"), asset("old")]);
        start.title = "Other".into();
        start.assets[0].profile.unit = Some("s".into());
        for policy in [OverwritePolicy::Always, OverwritePolicy::Prune] {
            let mut registered = start.clone();
            let first = plan(&declared, Some(&registered), policy);
            apply(&mut registered, &declared, &first.batch(&declared));
            let second = plan(&declared, Some(&registered), policy);
            assert!(second.batch(&declared).is_empty(), "{second}");
            assert_eq!(second.is_in_sync(), policy == OverwritePolicy::Prune, "{second}");
        }
    }
}
