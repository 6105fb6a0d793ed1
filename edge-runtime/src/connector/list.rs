//! Listing, page by page.

use std::collections::HashSet;

use edge_proto::connector::v1;
use futures_util::{Stream, TryStreamExt as _, stream};

use super::asset::Asset;
use super::client::ConnectorClient;
use super::convert;
use super::error::{ConnectorError, Failure};
use super::method::LIST_ASSETS;

/// Which devices are listed, and how many in one call.
///
/// ```
/// use edge_runtime::connector::ListAssets;
///
/// let mine = ListAssets { organization_id: "org".to_owned(), ..ListAssets::default() };
/// assert_eq!(mine.page_size, 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListAssets {
    /// Those of this organization; empty: of all that the token may see.
    pub organization_id: String,
    /// At most so many in one call; 0: as many as the server likes.
    pub page_size: u32,
}

/// Some of the devices.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AssetPage {
    /// By serial number, each with its data points and child devices.
    pub assets: Vec<Asset>,
    /// What the next page is asked for with; `None`: there are no more.
    pub next_page_token: Option<String>,
}

/// A server that gives the same token twice would be asked for ever.
#[derive(Debug, thiserror::Error)]
#[error("the page token `{0}` comes a second time: the list would never end")]
struct Looping(String);

/// Where a listing is.
struct Pages {
    client: ConnectorClient,
    filter: ListAssets,
    /// What the next page is asked for with; `None` at the end.
    next: Option<String>,
    seen: HashSet<String>,
}

impl Pages {
    async fn next(mut self) -> Result<Option<(Vec<Asset>, Self)>, ConnectorError> {
        let Some(token) = self.next.take() else { return Ok(None) };
        let page = self.client.list_assets_page(&self.filter, &token).await?;
        if let Some(token) = page.next_page_token {
            if !self.seen.insert(token.clone()) {
                let failure = Failure::protocol(&Looping(token.escape_debug().to_string()));
                return Err(self.client.error(LIST_ASSETS.name, failure));
            }
            self.next = Some(token);
        }
        Ok(Some((page.assets, self)))
    }
}

impl ConnectorClient {
    /// Lists the devices that belong to no other one, by serial number; child devices come inside of their
    /// parents. As many calls as there are pages.
    ///
    /// # Errors
    /// As [`get_asset`](Self::get_asset), but that nothing to list is no error. With a server that gives the
    /// same page token twice, an error for which [`ConnectorError::is_protocol`] holds.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is written.
    pub async fn list_assets(&self, filter: &ListAssets) -> Result<Vec<Asset>, ConnectorError> {
        self.assets(filter.clone()).try_collect().await
    }

    /// One page of the list: the first one with an empty token, else the one after the page that gave the
    /// token. The filter must stay the same.
    ///
    /// # Errors
    /// As [`get_asset`](Self::get_asset); `INVALID_ARGUMENT` when the server never gave that token.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is written.
    pub async fn list_assets_page(
        &self,
        filter: &ListAssets,
        page_token: &str,
    ) -> Result<AssetPage, ConnectorError> {
        let request = v1::ListAssetsRequest {
            organization_id: filter.organization_id.clone(),
            page_size: filter.page_size.try_into().unwrap_or(i32::MAX),
            page_token: page_token.to_owned(),
        };
        let page = self.call(&LIST_ASSETS, request).await?;
        let assets = page.assets.into_iter().map(convert::asset).collect::<Result<_, _>>();
        let assets = assets.map_err(|error| self.error(LIST_ASSETS.name, Failure::protocol(&error)))?;
        let next_page_token = Some(page.next_page_token).filter(|token| !token.is_empty());
        Ok(AssetPage { assets, next_page_token })
    }

    /// The same list as a stream, which asks for a page when the one before has been taken. It ends after
    /// an error.
    ///
    /// ```no_run
    /// # use edge_runtime::connector::{ConnectorClient, ListAssets};
    /// use futures_util::TryStreamExt as _;
    ///
    /// # async fn run(connector: ConnectorClient) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut assets = std::pin::pin!(connector.assets(ListAssets::default()));
    /// while let Some(asset) = assets.try_next().await? {
    ///     println!("{}", asset.sn);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn assets(
        &self,
        filter: ListAssets,
    ) -> impl Stream<Item = Result<Asset, ConnectorError>> + Send + use<> {
        let first = Pages { client: self.clone(), filter, next: Some(String::new()), seen: HashSet::new() };
        stream::try_unfold(first, Pages::next)
            .map_ok(|assets| stream::iter(assets.into_iter().map(Ok)))
            .try_flatten()
    }
}
