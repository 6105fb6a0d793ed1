//! Devices page by page, ordered by serial number: a page begins behind the last device of the page
//! before, whatever came and went meanwhile.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_proto::connector::v1::{Asset, ListAssetsRequest, ListAssetsResponse};
use edge_proto::name;
use prost::Message as _;
use tonic::Status;

use super::auth::Caller;
use super::convert;
use super::declare::{Path, Reader};
use super::service::Connector;
use super::status::{failed, invalid};
use crate::authority;
use crate::store::{DeviceRecord, Scope};
use crate::token::Access;

const DEFAULT_SIZE: usize = 100;
const MAX_SIZE: usize = 1000;

/// How large a page may get: below what clients take by default.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// What each device takes besides.
const FRAME: usize = 8;

/// How many devices are read at once: they may be large.
const BATCH: usize = 32;

/// The most bytes of a page token; ours are shorter.
const MAX_TOKEN: usize = 8 * 1024;

const PAGE_TOKEN: &str = "page_token";

/// Where a page begins: behind this serial number, among the devices of this organization.
type Mark<'a> = (&'a str, &'a str);

impl Connector {
    pub(super) async fn list(
        &self,
        caller: &Caller,
        request: ListAssetsRequest,
    ) -> Result<ListAssetsResponse, Status> {
        let size = page_size(request.page_size)?;
        let mut reader = Reader::default();
        reader.text(Path::new("organization_id"), &request.organization_id);
        reader.finish(())?;
        let wanted = request.organization_id;
        let organization_id = match &caller.access {
            // It may ask for what it does not see.
            Access::Device(_) => wanted,
            _ => caller.organization("organization_id", &wanted, "")?.unwrap_or_default(),
        };
        let mut after = read_token(&request.page_token, &organization_id)?;
        let mut assets: Vec<Asset> = Vec::new();
        let mut bytes = 0;
        loop {
            let wanted = (size + 1 - assets.len()).min(BATCH);
            let found = self.platform.store.top_level(scope(caller, &organization_id), &after, wanted);
            let found = found.await.map_err(failed)?;
            let is_end = found.len() < wanted;
            for record in found.into_iter().filter(|record| is_wanted(record, &organization_id)) {
                let asset = convert::asset(record);
                bytes += asset.encoded_len() + FRAME;
                if assets.len() == size || (!assets.is_empty() && bytes > MAX_BYTES) {
                    let next_page_token = write_token(&after, &organization_id);
                    return Ok(ListAssetsResponse { assets, next_page_token });
                }
                after.clone_from(&asset.sn);
                assets.push(asset);
            }
            if is_end {
                return Ok(ListAssetsResponse { assets, next_page_token: String::new() });
            }
        }
    }
}

/// What a device's token sees is not filtered by the database.
fn is_wanted(record: &DeviceRecord, organization_id: &str) -> bool {
    organization_id.is_empty() || record.organization_id == organization_id
}

fn page_size(wanted: i32) -> Result<usize, Status> {
    match usize::try_from(wanted) {
        Ok(0) => Ok(DEFAULT_SIZE),
        Ok(size) => Ok(size.min(MAX_SIZE)),
        Err(_) => Err(invalid("page_size", format!("{wanted} is negative"))),
    }
}

fn scope<'a>(caller: &'a Caller, organization_id: &'a str) -> Scope<'a> {
    match organization_id {
        "" => authority::scope(&caller.access),
        id => authority::scope_in(&caller.access, id),
    }
}

fn write_token(after: &str, organization_id: &str) -> String {
    let mark: Mark<'_> = (after, organization_id);
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&mark).expect("texts are always JSON"))
}

/// Behind which serial number the page begins; an empty token begins in front of all.
fn read_token(token: &str, organization_id: &str) -> Result<String, Status> {
    if token.is_empty() {
        return Ok(String::new());
    }
    let bytes = Some(token).filter(|token| token.len() <= MAX_TOKEN);
    let bytes = bytes.and_then(|token| URL_SAFE_NO_PAD.decode(token).ok()).unwrap_or_default();
    let mark = serde_json::from_slice::<(String, String)>(&bytes).ok();
    let (after, filter) = mark
        .filter(|(after, _)| name::check(after).is_ok())
        .ok_or_else(|| invalid(PAGE_TOKEN, "it is no token of ours"))?;
    if filter != organization_id {
        return Err(invalid(PAGE_TOKEN, "it is for another organization_id"));
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_again_and_only_for_its_filter() {
        let token = write_token("GH-1", "org \"1\"");
        assert_eq!(read_token(&token, "org \"1\"").unwrap(), "GH-1");
        assert!(read_token(&token, "").is_err());
        assert_eq!(read_token("", "x").unwrap(), "");
        for bad in ["x", "%%", "bnVsbA", &write_token("a/b", ""), &"A".repeat(100_000)] {
            assert!(read_token(bad, "").is_err(), "{bad:.20}");
        }
    }

    #[test]
    fn sizes_have_bounds() {
        let size = |wanted| page_size(wanted).ok();
        assert_eq!([size(0), size(1), size(1000), size(i32::MAX)], [100, 1, 1000, 1000].map(Some));
        assert_eq!([size(-1), size(i32::MIN)], [None, None]);
    }
}
