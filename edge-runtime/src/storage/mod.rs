//! Storage objects: contents of any size as values of assets.
//!
//! ```
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("edge-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # std::env::set_current_dir(&folder)?;
//! # std::fs::write("shot.jpg", b"a picture")?;
//! # let platform = edge_runtime::testing::MemoryPlatform::new().platform();
//! use edge_runtime::{Device, StorageObject};
//!
//! #[derive(Device, Clone)]
//! struct Camera {
//!     #[asset(kind = "sensor")]
//!     picture: Option<StorageObject>,
//! }
//!
//! let camera = platform.device("CAM-1", Camera { picture: None }).connect().await?;
//! let shot = StorageObject::file("shot.jpg").with_content_type("image/jpeg");
//! camera.set_picture(Some(shot.clone())).await?; // uploads it, then sets it
//! assert_eq!(shot.uri().as_deref(), Some("/device/CAM-1/object/shot.jpg"));
//!
//! // ... and wherever the value comes from, the content can be had.
//! let picture = camera.picture().expect("it was set");
//! picture.download(&camera.storage(), "copy.jpg").await?;
//! assert_eq!(std::fs::read("copy.jpg")?, std::fs::read("shot.jpg")?);
//! # camera.close().await?;
//! # std::fs::remove_dir_all(folder)?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(run()).unwrap();
//! ```
//!
//! A setter whose value is a file's uploads it first: what waits for that is this setter, and nothing else of the
//! device. It is accepted when the platform has the content, so whoever reads the state finds it. A transaction
//! does the same with all objects in it, and is accepted as a whole when all are there.
//!
//! Contents are streamed, and go on where they broke off, also in another life of the program as long as the file is the
//! same. The platform takes one for the object in one step, when all of it is there and has the digest that was
//! read here; a download takes its file's place in the same way.
//!
//! [`ExternalObject`] is for a URI whose content is none of the platform's.

#![cfg_attr(not(feature = "storage"), allow(dead_code, reason = "what only transfers over HTTP need"))]

#[cfg(doctest)]
#[doc = include_str!("../../../docs/storage.md")]
struct Page;

#[cfg(feature = "storage")]
mod attempts;
#[cfg(feature = "storage")]
mod client;
#[cfg(feature = "storage")]
mod download;
mod error;
mod event;
mod external;
mod memory;
mod missing;
mod object;
mod plane;
mod source;
mod target;
#[cfg(feature = "storage")]
mod upload;

#[cfg(feature = "storage")]
pub(crate) use client::{Client, EXAMPLE};
pub use edge_proto::object::{ObjectError, Sha256};
pub use error::StorageError;
pub use event::{Progress, SyncEvent, SyncStatus};
pub use external::{ExternalObject, UriError};
pub(crate) use memory::MemoryStorage;
pub(crate) use missing::{Missing, NotUploaded, Uploading};
pub use object::StorageObject;
pub(crate) use object::{About, Stored};
pub use plane::Storage;
pub(crate) use plane::StoragePlane;
