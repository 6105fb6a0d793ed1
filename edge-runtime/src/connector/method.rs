//! The calls of the service, and what repeating them means.

use std::marker::PhantomData;

use edge_proto::connector::v1;

/// A call, with its request's and its answer's message.
#[derive(Debug)]
pub(crate) struct Method<Q, A> {
    pub(crate) name: &'static str,
    pub(super) path: &'static str,
    pub(super) effect: Effect,
    messages: PhantomData<fn(Q) -> A>,
}

/// What a second call does after the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The same as one.
    Idempotent,
    /// The same, but it answers `NOT_FOUND`.
    Removes,
    /// Something else: it is not made when the first one may have been.
    Once,
}

/// A message of the service.
pub(crate) trait Message: prost::Message + Default + Clone + 'static {}

impl<M: prost::Message + Default + Clone + 'static> Message for M {}

impl<Q, A> Method<Q, A> {
    const fn new(name: &'static str, path: &'static str, effect: Effect) -> Self {
        Self { name, path, effect, messages: PhantomData }
    }
}

macro_rules! path {
    ($method:literal) => {
        concat!("/edge.connector.v1.ConnectorService/", $method)
    };
}

pub(crate) const REGISTER_ASSET: Method<v1::RegisterAssetRequest, v1::Asset> =
    Method::new("register_asset", path!("RegisterAsset"), Effect::Idempotent);
pub(crate) const GET_ASSET: Method<v1::GetAssetRequest, v1::Asset> =
    Method::new("get_asset", path!("GetAsset"), Effect::Idempotent);
pub(crate) const GET_ASSET_BY_SN: Method<v1::GetAssetBySnRequest, v1::Asset> =
    Method::new("get_asset_by_sn", path!("GetAssetBySn"), Effect::Idempotent);
pub(crate) const LIST_ASSETS: Method<v1::ListAssetsRequest, v1::ListAssetsResponse> =
    Method::new("list_assets", path!("ListAssets"), Effect::Idempotent);
/// Changing what is already so is no error, whatever the version.
pub(crate) const UPDATE_ASSET: Method<v1::UpdateAssetRequest, v1::Asset> =
    Method::new("update_asset", path!("UpdateAsset"), Effect::Idempotent);
pub(crate) const DELETE_ASSET: Method<v1::DeleteAssetRequest, v1::DeleteAssetResponse> =
    Method::new("delete_asset", path!("DeleteAsset"), Effect::Removes);
pub(crate) const ADD_SUB_ASSET: Method<v1::AddSubAssetRequest, v1::SubAsset> =
    Method::new("add_sub_asset", path!("AddSubAsset"), Effect::Once);
pub(crate) const REMOVE_SUB_ASSET: Method<v1::RemoveSubAssetRequest, v1::RemoveSubAssetResponse> =
    Method::new("remove_sub_asset", path!("RemoveSubAsset"), Effect::Removes);
/// A number that nobody used is no harm: they only have to grow.
pub(crate) const OPEN_SESSION: Method<v1::OpenSessionRequest, v1::OpenSessionResponse> =
    Method::new("open_session", path!("OpenSession"), Effect::Idempotent);
/// Changing what is already so is no error, whatever the version.
pub(crate) const RECONCILE_ASSET: Method<v1::ReconcileAssetRequest, v1::ReconcileAssetResponse> =
    Method::new("reconcile_asset", path!("ReconcileAsset"), Effect::Idempotent);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_one_of_the_service() {
        let descriptors = String::from_utf8_lossy(edge_proto::connector::DESCRIPTORS);
        for path in [
            REGISTER_ASSET.path,
            GET_ASSET.path,
            GET_ASSET_BY_SN.path,
            LIST_ASSETS.path,
            UPDATE_ASSET.path,
            DELETE_ASSET.path,
            ADD_SUB_ASSET.path,
            REMOVE_SUB_ASSET.path,
            OPEN_SESSION.path,
            RECONCILE_ASSET.path,
        ] {
            let method = path.strip_prefix("/edge.connector.v1.ConnectorService/").unwrap();
            assert!(descriptors.contains(method), "{path}");
        }
    }
}
