//! One asset, declared by itself.

use edge_proto::Asset;
use edge_proto::model::ModelError;

use super::{AssetRecord, DeviceRecord, Draft, EditError, Extent, Key, Store};

/// Whether the asset may be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is an error.
    Refuse,
    /// It is changed, and keeps its id, and its state unless the type changes.
    Change,
}

/// What became of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declaration {
    /// It is new.
    Created,
    /// It was there.
    Updated,
}

impl Store {
    /// Declares an asset of a device: `declare` makes it from what is there.
    pub(crate) async fn declare_asset(
        &self,
        sn: &str,
        name: &str,
        existing: Existing,
        declare: impl FnOnce(Option<&Asset>) -> Result<Asset, ModelError> + Send,
    ) -> Result<(Declaration, AssetRecord), EditError> {
        let mut declaration = Declaration::Created;
        let change = |_: &DeviceRecord, draft: &mut Draft| {
            let assets = &mut draft.device.assets;
            match assets.iter_mut().find(|asset| asset.name.eq_ignore_ascii_case(name)) {
                Some(found) if existing == Existing::Change && found.name == name => {
                    declaration = Declaration::Updated;
                    *found = declare(Some(found))?;
                }
                Some(found) => {
                    let name = found.name.clone();
                    return Err(EditError::AssetTaken { device: draft.device.sn.clone(), name });
                }
                None => assets.push(declare(None)?),
            }
            Ok(())
        };
        self.edit(Key::Sn(sn), 0, Extent::Own, change).await?;
        let record = self.asset(sn, name).await?.ok_or(EditError::NotFound)?;
        Ok((declaration, record))
    }
}
