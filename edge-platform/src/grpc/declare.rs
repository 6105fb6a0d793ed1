//! From messages to devices: every mistake with the path of its field.

use std::collections::{HashMap, HashSet};
use std::fmt;

use edge_proto::connector::v1::{self, sub_asset::Part};
use edge_proto::connector::{self, MessageError};
use edge_proto::model::{ModelError, check_text};
use edge_proto::{Asset, AssetVendor, Device, name};
use tonic::Status;

use super::status::{Violations, shown};
use crate::store::{Declared, MAX_LEVELS, MAX_POINTS};

/// The most bytes of a profile's JSON.
const MAX_PROFILE: usize = 64 * 1024;

/// Where in a request something stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    above: Option<&'a Path<'a>>,
    field: &'static str,
    index: Option<usize>,
}

impl<'a> Path<'a> {
    pub(super) fn new(field: &'static str) -> Self {
        Self { above: None, field, index: None }
    }

    pub(super) fn field(&'a self, field: &'static str) -> Path<'a> {
        Path { above: Some(self), field, index: None }
    }

    fn element(&'a self, field: &'static str, index: usize) -> Path<'a> {
        Path { above: Some(self), field, index: Some(index) }
    }
}

/// One of many, as `field[index]`.
pub(super) fn element(field: &'static str, index: usize) -> Path<'static> {
    Path { above: None, field, index: Some(index) }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            write!(f, "{above}.")?;
        }
        f.write_str(self.field)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// Reads a message as far as it goes, and notes what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Reader {
    violations: Violations,
    points: usize,
    sns: HashSet<String>,
}

/// Reads a device with all that it has.
pub(super) fn device(field: &'static str, asset: v1::Asset) -> Result<Declared, Status> {
    let mut reader = Reader::default();
    let declared = reader.device(Path::new(field), asset, None, 1);
    reader.finish(declared)
}

impl Reader {
    /// What was read, if nothing was wrong.
    pub(super) fn finish<T>(self, read: T) -> Result<T, Status> {
        self.violations.into_result()?;
        Ok(read)
    }

    /// `parent`: the device whose message this one stands in, on that `level`.
    pub(super) fn device(
        &mut self,
        path: Path<'_>,
        asset: v1::Asset,
        parent: Option<&str>,
        level: usize,
    ) -> Declared {
        self.serial_number(path.field("sn"), &asset.sn);
        self.parent(path.field("parent_sn"), &asset.parent_sn, parent);
        self.text(path.field("name"), &asset.name);
        self.text(path.field("vendor"), &asset.vendor);
        self.text(path.field("organization_id"), &asset.organization_id);
        self.text(path.field("description"), &asset.description);
        self.text(path.field("model"), &asset.model);
        let asset_type = connector::asset_type(asset.r#type);
        let asset_type = asset_type.map_err(|error| self.violations.add(path.field("type"), error));
        let (assets, children) = self.sub_assets(path, &asset.sn, asset.sub_assets, level);
        let parent = parent.map_or(asset.parent_sn, str::to_owned);
        let device = Device {
            sn: asset.sn,
            model: asset.model,
            title: asset.name,
            description: asset.description,
            asset_type: asset_type.unwrap_or_default(),
            vendor: AssetVendor::from(asset.vendor),
            parent: Some(parent).filter(|sn| !sn.is_empty()),
            assets,
        };
        Declared { device, version: asset.version, children }
    }

    fn sub_assets(
        &mut self,
        path: Path<'_>,
        sn: &str,
        sub_assets: Vec<v1::SubAsset>,
        level: usize,
    ) -> (Vec<Asset>, Vec<Declared>) {
        let (mut assets, mut children) = (Vec::new(), Vec::new());
        let mut names = HashMap::new();
        for (index, sub_asset) in sub_assets.into_iter().enumerate() {
            if self.violations.is_full() {
                break;
            }
            let path = path.element("sub_assets", index);
            match self.part(path, sn, sub_asset) {
                Some(Part::DataPoint(point)) => {
                    let path = path.field("data_point");
                    self.unique(path.field("name"), &mut names, &point.name);
                    assets.extend(self.point(path, point));
                }
                Some(Part::Device(_)) if level >= MAX_LEVELS => {
                    let reason = format!("devices are nested in more than {MAX_LEVELS} levels");
                    self.violations.add(path.field("device"), reason);
                }
                Some(Part::Device(child)) => {
                    children.push(self.device(path.field("device"), child, Some(sn), level + 1));
                }
                None => {}
            }
        }
        (assets, children)
    }

    /// Reads what a sub-asset of the device `sn` says of itself.
    pub(super) fn part(&mut self, path: Path<'_>, sn: &str, sub_asset: v1::SubAsset) -> Option<Part> {
        self.parent(path.field("parent_sn"), &sub_asset.parent_sn, Some(sn));
        if sub_asset.part.is_none() {
            self.violations.add(path.field("part"), "neither a data point nor a device");
        }
        sub_asset.part
    }

    pub(super) fn point(&mut self, path: Path<'_>, point: v1::DataPoint) -> Option<Asset> {
        self.points += 1;
        if self.points == MAX_POINTS + 1 {
            self.violations.add(path, format!("more than {MAX_POINTS} data points"));
        }
        if let Err(error) = name::check(&point.name) {
            self.violations.add(path.field("name"), error);
        }
        self.text(path.field("title"), &point.title);
        self.text(path.field("description"), &point.description);
        if point.profile.len() > MAX_PROFILE {
            let reason = format!("the profile has {} bytes, the limit is {MAX_PROFILE}", point.profile.len());
            self.violations.add(path.field("profile"), reason);
            return None;
        }
        match Asset::try_from(point) {
            Ok(asset) => {
                self.profile(path.field("profile"), &asset);
                Some(asset)
            }
            Err(error) => {
                self.unreadable(path, error);
                None
            }
        }
    }

    fn unreadable(&mut self, path: Path<'_>, error: MessageError) {
        match error {
            MessageError::Kind { kind, .. } => {
                self.violations.add(path.field("kind"), format!("{kind} is no kind"));
            }
            MessageError::Profile { source, .. } => self.violations.add(path.field("profile"), source),
            other => self.violations.add(path, other),
        }
    }

    fn profile(&mut self, path: Path<'_>, asset: &Asset) {
        self.text(path, asset.profile.unit.as_deref().unwrap_or_default());
        if let Err(ModelError::Limits { .. }) = asset.check() {
            self.violations.add(path, "the minimum is above the maximum");
        }
    }

    fn serial_number(&mut self, path: Path<'_>, sn: &str) {
        if let Err(error) = name::check(sn) {
            self.violations.add(path, error);
        } else if !self.sns.insert(sn.to_owned()) {
            self.violations.add(path, format!("the serial number `{sn}` stands there twice"));
        }
    }

    /// What a device says that it is a part of; `expected`: where it stands in the message.
    fn parent(&mut self, path: Path<'_>, parent_sn: &str, expected: Option<&str>) {
        match expected {
            _ if parent_sn.is_empty() => {}
            // Of a name that is none only that is told.
            Some(expected) if expected == parent_sn || name::check(expected).is_err() => {}
            Some(expected) => {
                let reason = format!("`{}` is not `{}`, where it stands", shown(parent_sn), shown(expected));
                self.violations.add(path, reason);
            }
            None => self.name(path, parent_sn),
        }
    }

    /// A serial number, an id, or another name on the wire.
    pub(super) fn name(&mut self, path: Path<'_>, text: &str) {
        if let Err(error) = name::check(text) {
            self.violations.add(path, error);
        }
    }

    pub(super) fn text(&mut self, path: Path<'_>, text: &str) {
        if let Err(ModelError::Text { reason, .. }) = check_text("", text) {
            self.violations.add(path, reason);
        }
    }

    /// Notes a name that is there already when case is ignored.
    pub(super) fn unique(&mut self, path: Path<'_>, names: &mut HashMap<String, String>, name: &str) {
        if let Some(first) = names.insert(name.to_ascii_lowercase(), shown(name)) {
            let reason = format!("`{first}` and `{}` are the same when case is ignored", shown(name));
            self.violations.add(path, reason);
        }
    }
}

/// A serial number or id by which something is looked up.
pub(super) fn check_name(field: &'static str, text: &str) -> Result<(), Status> {
    let mut reader = Reader::default();
    reader.name(Path::new(field), text);
    reader.finish(())
}
