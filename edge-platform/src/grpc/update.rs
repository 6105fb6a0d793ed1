//! Changes of the fields that a mask names.

use edge_proto::connector::v1::{Asset, UpdateAssetRequest};
use tonic::Status;

use super::assets::missing;
use super::auth::Caller;
use super::convert;
use super::declare::{self, check_name, element};
use super::service::Connector;
use super::status::{Subject, Violations, failed, not_found, shown};
use crate::store::{Declared, DeviceRecord, Draft, Extent, Key};

const ORGANIZATION_ID: &str = "organization_id";
const PARENT_SN: &str = "parent_sn";

/// A field that a mask may name.
struct Field {
    name: &'static str,
    extent: Extent,
    /// Forgets what the message says of it.
    clear: fn(&mut Asset),
    /// Takes it over into the draft.
    take: fn(&mut Draft, &Declared, Option<&str>),
}

const FIELDS: [Field; 8] = [
    Field {
        name: "name",
        extent: Extent::Own,
        clear: |asset| asset.name.clear(),
        take: |draft, declared, _| draft.device.title.clone_from(&declared.device.title),
    },
    Field {
        name: "type",
        extent: Extent::Own,
        clear: |asset| asset.r#type = 0,
        take: |draft, declared, _| draft.device.asset_type = declared.device.asset_type,
    },
    Field {
        name: "vendor",
        extent: Extent::Own,
        clear: |asset| asset.vendor.clear(),
        take: |draft, declared, _| draft.device.vendor.clone_from(&declared.device.vendor),
    },
    Field {
        name: ORGANIZATION_ID,
        extent: Extent::Tree,
        clear: |asset| asset.organization_id.clear(),
        take: |draft, _, organization_id| {
            if let Some(id) = organization_id {
                id.clone_into(&mut draft.organization_id);
            }
        },
    },
    Field {
        name: "description",
        extent: Extent::Own,
        clear: |asset| asset.description.clear(),
        take: |draft, declared, _| draft.device.description.clone_from(&declared.device.description),
    },
    Field {
        name: "model",
        extent: Extent::Own,
        clear: |asset| asset.model.clear(),
        take: |draft, declared, _| draft.device.model.clone_from(&declared.device.model),
    },
    Field {
        name: PARENT_SN,
        extent: Extent::Tree,
        clear: |asset| asset.parent_sn.clear(),
        take: |draft, declared, _| draft.device.parent.clone_from(&declared.device.parent),
    },
    Field {
        name: "sub_assets",
        extent: Extent::Tree,
        clear: |asset| asset.sub_assets.clear(),
        take: |draft, declared, _| {
            draft.device.assets.clone_from(&declared.device.assets);
            draft.children = Some(declared.children.clone());
        },
    },
];

impl Connector {
    pub(super) async fn update(&self, caller: &Caller, request: UpdateAssetRequest) -> Result<Asset, Status> {
        let UpdateAssetRequest { asset, update_mask } = request;
        let mut asset = asset.ok_or_else(|| missing("asset"))?;
        let record = self.find_named(caller, &asset).await?;
        let fields = fields(&update_mask)?;
        for field in FIELDS.iter().filter(|field| !fields.iter().any(|found| found.name == field.name)) {
            (field.clear)(&mut asset);
        }
        // Found by id: what the message says of the serial number does not count.
        asset.sn.clone_from(&record.device.sn);
        let organization_id = asset.organization_id.clone();
        let declared = declare::device("asset", asset)?;
        let organization_id =
            caller.organization("asset.organization_id", &organization_id, &record.organization_id)?;
        if let Some(parent) = &declared.device.parent
            && record.device.parent.as_ref() != Some(parent)
        {
            caller.authorize_parent("asset.parent_sn", parent).await?;
        }
        let is_tree = fields.iter().any(|field| field.extent == Extent::Tree);
        let extent = if is_tree { Extent::Tree } else { Extent::Own };
        let change = |_: &DeviceRecord, draft: &mut Draft| {
            fields.iter().for_each(|field| (field.take)(draft, &declared, organization_id.as_deref()));
            Ok(())
        };
        let store = &self.platform.store;
        let subject = Subject::device("asset.", &record.device.sn);
        let edited = store.edit(Key::Id(&record.id), declared.version, extent, change).await;
        let mut edited = edited.map_err(|error| subject.refused(error))?;
        if extent == Extent::Own {
            // It was edited without what belongs to it.
            let whole = store.device(Key::Id(&record.id)).await.map_err(failed)?;
            edited = whole.ok_or_else(|| not_found("device", "sn", &record.device.sn))?;
        }
        Ok(convert::asset(edited))
    }

    /// The device that a message means, without what belongs to it: by id, or by serial number without
    /// one.
    async fn find_named(&self, caller: &Caller, asset: &Asset) -> Result<DeviceRecord, Status> {
        let (field, key, value) = match asset.id.is_empty() {
            true => ("sn", Key::Sn(&asset.sn), &asset.sn),
            false => ("id", Key::Id(&asset.id), &asset.id),
        };
        check_name(if field == "id" { "asset.id" } else { "asset.sn" }, value)?;
        if field == "sn" {
            caller.authorize(value).await?;
        }
        let record = self.platform.store.header(key).await.map_err(failed)?;
        let record = record.ok_or_else(|| not_found("device", field, value))?;
        caller.authorize_found(&record.device.sn, "device", field, value).await?;
        Ok(record)
    }
}

/// What the mask names; an empty one names all.
fn fields(mask: &[String]) -> Result<Vec<&'static Field>, Status> {
    if mask.is_empty() {
        return Ok(FIELDS.iter().collect());
    }
    let mut violations = Violations::default();
    let mut fields: Vec<&Field> = Vec::new();
    for (index, name) in mask.iter().enumerate() {
        match FIELDS.iter().find(|field| field.name == name) {
            Some(field) => fields.push(field),
            None => {
                let known = FIELDS.each_ref().map(|field| field.name).join(", ");
                let reason = format!("`{}` is none of {known}", shown(name));
                violations.add(element("update_mask", index), reason);
            }
        }
    }
    violations.into_result()?;
    Ok(fields)
}
