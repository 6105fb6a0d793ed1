//! What is registered, as plain values.

use jiff::Timestamp;

use edge_proto::{AssetType, AssetVendor};

/// A named, typed data point of a device.
pub use edge_proto::Asset as DataPoint;

/// A registered device, or one to be registered.
///
/// ```
/// use edge_runtime::connector::{Asset, AssetType, SubAsset};
///
/// let dock = Asset::new("DOCK-1").name("Roof dock").asset_type(AssetType::Dock);
/// let dock = dock.with(SubAsset::device(Asset::new("DRONE-1").name("Mavic 3")));
/// assert_eq!(dock.sub_assets[0].sn(), Some("DRONE-1"));
///
/// let other = Asset { sn: "DOCK-2".to_owned(), name: "Other dock".to_owned(), ..Asset::default() };
/// assert_eq!(other, Asset::new("DOCK-2").name("Other dock"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asset {
    /// Given by the registry (UUID); empty in a registration.
    pub id: String,
    /// The serial number: unique, and the device's id on MQTT.
    pub sn: String,
    /// For people.
    pub name: String,
    /// What sort of thing it is. A sort that this version does not know is [`AssetType::Other`].
    pub asset_type: AssetType,
    /// Who makes it.
    pub vendor: AssetVendor,
    /// Whose it is; empty: nobody's.
    pub organization_id: String,
    /// The serial number of the device that this one is a part of; empty: of none.
    pub parent_sn: String,
    /// For people.
    pub description: String,
    /// The URN of the device model.
    pub model: String,
    /// Data points and child devices.
    pub sub_assets: Vec<SubAsset>,
    /// Grows with every change. In an update: the version that the change was made against; 0: any.
    pub version: u64,
    /// One short text for all that is declared. Given by the registry.
    pub digest: String,
    /// Given by the registry.
    pub created_at: Option<Timestamp>,
    /// Given by the registry.
    pub updated_at: Option<Timestamp>,
}

impl Asset {
    /// A device with this serial number and nothing else.
    pub fn new(sn: impl Into<String>) -> Self {
        Self { sn: sn.into(), ..Self::default() }
    }

    /// With this name.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Of this sort.
    pub fn asset_type(self, asset_type: AssetType) -> Self {
        Self { asset_type, ..self }
    }

    /// Made by this one.
    pub fn vendor(self, vendor: impl Into<AssetVendor>) -> Self {
        Self { vendor: vendor.into(), ..self }
    }

    /// Of this organization.
    pub fn organization_id(self, organization_id: impl Into<String>) -> Self {
        Self { organization_id: organization_id.into(), ..self }
    }

    /// A part of the device with this serial number.
    pub fn parent_sn(self, parent_sn: impl Into<String>) -> Self {
        Self { parent_sn: parent_sn.into(), ..self }
    }

    /// With this description.
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }

    /// Of the device model with this URN.
    pub fn model(self, model: impl Into<String>) -> Self {
        Self { model: model.into(), ..self }
    }

    /// With one part more.
    pub fn with(mut self, part: impl Into<SubAsset>) -> Self {
        self.sub_assets.push(part.into());
        self
    }
}

impl From<&str> for Asset {
    fn from(sn: &str) -> Self {
        Self::new(sn)
    }
}

/// A part of a device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SubAsset {
    /// Given by the registry (UUID); empty in a registration.
    pub id: String,
    /// The serial number of the device that it belongs to.
    pub parent_sn: String,
    /// Grows with every change. Given by the registry.
    pub version: u64,
    /// Given by the registry.
    pub created_at: Option<Timestamp>,
    /// Given by the registry.
    pub updated_at: Option<Timestamp>,
    /// What it is.
    pub part: Part,
}

/// What a part of a device is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// A named, typed value of the device.
    DataPoint(DataPoint),
    /// A device of its own, with its own parts.
    Device(Asset),
    /// Something that this version does not know, from a newer server; its name, as far as there is one.
    /// It can be read and removed, not written: an update with it in `sub_assets` is refused.
    Unknown(String),
}

impl SubAsset {
    /// A child device: a serial number, or an [`Asset`].
    pub fn device(device: impl Into<Asset>) -> Self {
        Self::new(Part::Device(device.into()))
    }

    /// A data point.
    ///
    /// ```
    /// use edge_runtime::connector::{DataPoint, SubAsset};
    /// use edge_runtime::{Kind, Profile, ValueType};
    ///
    /// let battery = SubAsset::data_point(DataPoint {
    ///     name: "battery".to_owned(),
    ///     kind: Kind::Sensor,
    ///     title: "Battery".to_owned(),
    ///     description: String::new(),
    ///     profile: Profile::new(ValueType::Number),
    /// });
    /// assert_eq!(battery.sn(), None);
    /// ```
    pub fn data_point(data_point: DataPoint) -> Self {
        Self::new(Part::DataPoint(data_point))
    }

    fn new(part: Part) -> Self {
        Self {
            id: String::new(),
            parent_sn: String::new(),
            version: 0,
            created_at: None,
            updated_at: None,
            part,
        }
    }

    /// The serial number of a child device.
    pub fn sn(&self) -> Option<&str> {
        match &self.part {
            Part::Device(device) => Some(&device.sn),
            Part::DataPoint(_) | Part::Unknown(_) => None,
        }
    }
}

impl From<Asset> for SubAsset {
    fn from(device: Asset) -> Self {
        Self::device(device)
    }
}

impl From<DataPoint> for SubAsset {
    fn from(data_point: DataPoint) -> Self {
        Self::data_point(data_point)
    }
}

/// A field of [`Asset`] that an update can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssetField {
    /// [`Asset::name`].
    Name,
    /// [`Asset::asset_type`].
    Type,
    /// [`Asset::vendor`].
    Vendor,
    /// [`Asset::organization_id`].
    OrganizationId,
    /// [`Asset::description`].
    Description,
    /// [`Asset::model`].
    Model,
    /// [`Asset::parent_sn`].
    ParentSn,
    /// [`Asset::sub_assets`].
    SubAssets,
}

impl AssetField {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Type,
        Self::Vendor,
        Self::OrganizationId,
        Self::Description,
        Self::Model,
        Self::ParentSn,
        Self::SubAssets,
    ];

    /// The field's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Type => "type",
            Self::Vendor => "vendor",
            Self::OrganizationId => "organization_id",
            Self::Description => "description",
            Self::Model => "model",
            Self::ParentSn => "parent_sn",
            Self::SubAssets => "sub_assets",
        }
    }
}
