//! The devices of a database, without a running platform: for those who set one up.

use edge_proto::DeviceId;
use edge_proto::payload::PresenceStatus;

use crate::database_url::DatabaseUrl;
use crate::store::{Declared, DeviceRecord, EditError, Registered, Scope, Store, StoreError};
use crate::token::is_organization;

/// A database, opened. A platform that runs on it sees every change within two seconds.
#[derive(Debug)]
pub struct Devices {
    store: Store,
}

/// A device that is to be there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewDevice {
    /// The serial number.
    pub id: DeviceId,
    /// For people; `None`: the serial number.
    pub name: Option<String>,
    /// Whose it is; empty: nobody's.
    pub organization: String,
}

impl NewDevice {
    /// A device of which nothing is known but its serial number.
    pub fn new(id: DeviceId) -> Self {
        Self { id, name: None, organization: String::new() }
    }
}

/// A device in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceSummary {
    /// The serial number.
    pub id: String,
    /// For people.
    pub name: String,
    /// Whose it is; empty: nobody's.
    pub organization: String,
    /// Whether it was there when the platform heard of it last.
    pub presence: PresenceStatus,
}

/// Why a device was not created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The serial number is taken. The device is as it was.
    #[error("the device `{id}` exists already, and is as it was")]
    Exists {
        /// The serial number.
        id: DeviceId,
    },
    /// The name or the organization cannot be kept.
    #[error("the device `{id}` cannot be created: {reason}")]
    Invalid {
        /// The serial number.
        id: DeviceId,
        /// What is wrong.
        reason: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Devices {
    /// Opens the database, creating the file and the tables where they are missing.
    ///
    /// # Errors
    /// When it cannot be opened or brought up to date.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        Ok(Self { store: Store::open(url).await? })
    }

    /// Creates a device without assets.
    ///
    /// # Errors
    /// When there is one with that serial number, or it cannot be kept.
    pub async fn create(&self, device: &NewDevice) -> Result<(), CreateError> {
        let NewDevice { id, name, organization } = device;
        let mut declared = Declared::bare(id.as_str());
        if let Some(name) = name {
            declared.device.title.clone_from(name);
        }
        let invalid = |reason| CreateError::Invalid { id: id.clone(), reason };
        if !organization.is_empty() && !is_organization(organization) {
            return Err(invalid("the organization's id is too long, or holds control characters".into()));
        }
        match self.store.register(&declared, organization).await {
            Ok(Registered::New(_)) => Ok(()),
            Ok(Registered::Existing(_)) => Err(CreateError::Exists { id: id.clone() }),
            Err(EditError::Store(error)) => Err(error.into()),
            Err(error) => Err(invalid(error.to_string())),
        }
    }

    /// All devices by serial number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self) -> Result<Vec<DeviceSummary>, StoreError> {
        let records = self.store.devices(Scope::All).await?.into_iter();
        let summary = |record: DeviceRecord| DeviceSummary {
            id: record.device.sn,
            name: record.device.title,
            organization: record.organization_id,
            presence: record.presence,
        };
        Ok(records.map(summary).collect())
    }

    /// Waits for what is running and closes the database.
    pub async fn close(self) {
        self.store.close().await;
    }
}
