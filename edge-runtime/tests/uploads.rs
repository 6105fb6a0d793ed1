//! Transactions with contents that are not at the platform yet: they wait for them, and nobody else does.

#![allow(clippy::unwrap_used, reason = "in tests; clippy sees only the functions marked #[test]")]

use std::path::PathBuf;
use std::pin::Pin;

use edge_runtime::storage::SyncStatus;
use edge_runtime::testing::{DiskFaults, MemoryPlatform};
use edge_runtime::{
    AssetValue, Device, ErrorCause, OutboxConfig, Receipt, Refusal, SetError, StorageError, StorageObject,
};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;

type TestResult = Result<(), Box<dyn std::error::Error>>;
type Setting<'a> = Pin<Box<dyn Future<Output = Result<Receipt, SetError>> + Send + 'a>>;

const SN: &str = "CAM-1";

/// A file, and what else is said with it.
#[derive(AssetValue, Clone, Debug)]
struct Shot {
    photo: StorageObject,
    exposure: f64,
}

#[derive(Device, Clone)]
struct Camera {
    #[asset]
    shot: Option<Shot>,
    #[asset]
    picture: Option<StorageObject>,
    #[asset]
    thumbnail: Option<StorageObject>,
    #[asset(max = 100)]
    shots: u32,
    #[asset]
    light: f64,
    #[asset(retention = "stored")]
    total: u64,
    #[asset(kind = "virtual", compute = bytes(picture, light))]
    bytes: f64,
    #[device(child)]
    microphone: Microphone,
    /// Nobody hears of it.
    owner: String,
}

fn bytes(picture: Option<StorageObject>, light: f64) -> f64 {
    picture.and_then(|picture| picture.length()).unwrap_or_default() as f64 + light
}

#[derive(Device, Clone)]
struct Microphone {
    #[asset]
    recording: Option<StorageObject>,
}

fn first() -> Camera {
    let microphone = Microphone { recording: None };
    let (picture, thumbnail, owner) = (None, None, "nobody".to_owned());
    Camera { shot: None, picture, thumbnail, shots: 0, light: 0.0, total: 0, bytes: 0.0, microphone, owner }
}

struct World {
    memory: MemoryPlatform,
    camera: CameraDevice,
    disk: DiskFaults,
    folder: TempDir,
}

impl World {
    async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let (memory, folder, disk) = (MemoryPlatform::new(), tempfile::tempdir()?, DiskFaults::default());
        let outbox = OutboxConfig::new().folder(folder.path().join("outbox")).disk_faults(&disk);
        let camera = memory.platform().outbox(outbox).device(SN, first()).connect().await?;
        Ok(Self { memory, camera, disk, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn object(&self, name: &str) -> StorageObject {
        std::fs::write(self.path(name), name).unwrap();
        StorageObject::file(self.path(name))
    }

    /// A transaction whose first object is on its way, and stands still, with both objects.
    async fn under_way<'a>(
        &self,
        way: Way,
        camera: &'a CameraDevice,
    ) -> (Setting<'a>, StorageObject, StorageObject) {
        let (one, other) = (self.object("one.jpg"), self.object("other.jpg"));
        self.memory.withhold_contents(true);
        let mut setting = way.set(camera, one.clone(), other.clone(), 2);
        while one.status() != SyncStatus::SyncPending {
            assert!(setting.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        (setting, one, other)
    }

    /// The content of an object at the platform.
    fn content(&self, name: &str) -> Option<Vec<u8>> {
        self.memory.content(&format!("/device/{SN}/object/{name}")).map(|content| content.to_vec())
    }

    fn state(&self, asset: &str) -> Value {
        self.memory.state(SN, asset).unwrap()
    }

    /// Messages of several states, after the first one.
    fn transactions(&self) -> Vec<Value> {
        let topic = format!("device/{SN}/state");
        let messages = self.memory.messages().into_iter().filter(|message| message.topic == topic);
        messages.skip(1).map(|message| serde_json::from_slice(&message.payload).unwrap()).collect()
    }
}

/// The ways of a transaction.
#[derive(Clone, Copy, Debug)]
enum Way {
    Finish,
    Update,
}

const WAYS: [Way; 2] = [Way::Finish, Way::Update];

impl Way {
    /// Sets both pictures and how many there are.
    fn set(self, camera: &CameraDevice, one: StorageObject, other: StorageObject, shots: u32) -> Setting<'_> {
        match self {
            Self::Finish => {
                let mut tx = camera.begin();
                tx.set_picture(Some(one)).unwrap();
                tx.set_thumbnail(Some(other)).unwrap().set_shots(shots).unwrap();
                Box::pin(tx.finish())
            }
            Self::Update => Box::pin(camera.update(move |camera| {
                (camera.picture, camera.thumbnail, camera.shots) = (Some(one), Some(other), shots);
                camera.owner = "me".to_owned();
            })),
        }
    }
}

#[tokio::test]
async fn v37_a_transaction_waits_for_all_of_its_objects_and_nobody_waits_for_it() -> TestResult {
    for way in WAYS {
        let world = World::start().await?;
        let camera = &world.camera;
        let mut pictures = camera.observe_picture();
        let (mut setting, one, other) = world.under_way(way, camera).await;
        camera.set_light(5.0).await?.delivered().await?;
        camera.update(|camera| camera.light = 6.0).await?.delivered().await?;
        camera.begin().set_light(7.0)?.finish().await?.delivered().await?;
        assert!(setting.as_mut().now_or_never().is_none(), "{way:?}");
        assert_eq!((camera.picture(), camera.thumbnail(), camera.shots()), (None, None, 0), "old values");
        assert_eq!((world.state("picture"), world.state("shots")), (Value::Null, json!(0)));
        world.memory.withhold_contents(false);
        setting.await?.delivered().await?;
        assert_eq!((camera.picture(), camera.thumbnail(), camera.shots()), (Some(one), Some(other), 2));
        assert_eq!((camera.light(), camera.bytes()), (7.0, 14.0), "what others have set is still there");
        let seen = pictures.recv().await.unwrap();
        assert_eq!((seen.previous, seen.value), (None, camera.picture()), "and one change was observed");
        let transactions = world.transactions();
        let told = transactions.last().unwrap();
        assert_eq!(told["picture"]["value"]["uri"], "/device/CAM-1/object/one.jpg");
        let stamps = ["thumbnail", "shots", "bytes"].map(|asset| (&told[asset]["at"], &told[asset]["seq"]));
        assert_eq!(stamps, [(&told["picture"]["at"], &told["picture"]["seq"]); 3], "one message: {told}");
        assert_eq!(told.as_object().unwrap().len(), 4, "{told}");
        assert_eq!(world.content("other.jpg").as_deref(), Some(&b"other.jpg"[..]));
        camera.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn v37_when_one_upload_of_a_transaction_fails_nothing_of_it_is_set() -> TestResult {
    for way in WAYS {
        let world = World::start().await?;
        let camera = &world.camera;
        let (mut errors, mut of_light) = (camera.errors(), camera.errors_of("light")?);
        let (one, missing) = (world.object("one.jpg"), StorageObject::file(world.path("missing.jpg")));
        let error = way.set(camera, one.clone(), missing.clone(), 2).await.unwrap_err();
        let SetError::Storage { device, asset, source } = error else { panic!("{way:?}: {error}") };
        assert_eq!((device.as_str(), asset.as_str()), (SN, "thumbnail"));
        assert!(matches!(&*source, StorageError::Read { .. }), "{source}");
        assert_eq!((one.status(), missing.status()), (SyncStatus::InSync, SyncStatus::SyncFailed));
        let told = errors.recv().await.unwrap();
        assert!(matches!(&told.cause, ErrorCause::Upload(_)), "{told}");
        assert_eq!(told.assets().collect::<Vec<_>>(), ["picture", "thumbnail", "shots"], "all of it");
        assert_eq!(told.value("shots"), Some(&json!(2)));
        assert_eq!((camera.picture(), camera.shots(), camera.snapshot().owner.as_str()), (None, 0, "nobody"));
        assert!(world.transactions().is_empty());
        // It may be set again.
        way.set(camera, one, world.object("missing.jpg"), 3).await?.delivered().await?;
        assert_eq!(camera.shots(), 3);
        camera.close().await?;
        assert!(of_light.recv().await.is_none(), "nothing of it was being sent");
    }
    Ok(())
}

#[tokio::test]
async fn v37_a_transaction_that_is_dropped_on_its_way_has_set_nothing() -> TestResult {
    for way in WAYS {
        let world = World::start().await?;
        let camera = &world.camera;
        let (setting, one, other) = world.under_way(way, camera).await;
        drop(setting);
        world.memory.withhold_contents(false);
        assert_eq!((one.status(), other.status()), (SyncStatus::SyncFailed, SyncStatus::NotInSync));
        assert_eq!(one.error(), Some(StorageError::Cancelled { name: "one.jpg".into() }));
        camera.set_light(1.0).await?.delivered().await?;
        assert_eq!((camera.picture(), camera.shots()), (None, 0), "{way:?}");
        assert!(world.transactions().is_empty());
        way.set(camera, one, other, 2).await?.delivered().await?;
        assert_eq!(world.state("shots"), 2);
        camera.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn v37_a_device_that_closes_meanwhile_takes_no_transaction() -> TestResult {
    for way in WAYS {
        let world = World::start().await?;
        let camera = &world.camera;
        let (setting, one, other) = world.under_way(way, camera).await;
        camera.close().await?;
        world.memory.withhold_contents(false);
        assert_eq!(setting.await.unwrap_err(), SetError::Closed { device: SN.to_owned() }, "{way:?}");
        assert_eq!((camera.picture(), world.state("picture")), (None, Value::Null));
        // Nothing is brought for a device that is closed.
        let error = way.set(camera, other.clone(), one, 2).await.unwrap_err();
        assert_eq!(error, SetError::Closed { device: SN.to_owned() });
        assert_eq!((other.status(), world.content("other.jpg")), (SyncStatus::NotInSync, None));
    }
    Ok(())
}

#[tokio::test]
async fn v37_what_others_set_meanwhile_stays_unless_the_transaction_sets_it() -> TestResult {
    for way in WAYS {
        let world = World::start().await?;
        let camera = &world.camera;
        let (setting, ..) = world.under_way(way, camera).await;
        camera.update(|camera| (camera.shots, camera.light, camera.total) = (50, 3.0, 9)).await?;
        world.memory.withhold_contents(false);
        setting.await?.delivered().await?;
        let now = camera.snapshot();
        assert_eq!((now.shots, now.light, now.total, now.bytes), (2, 3.0, 9, 10.0), "{way:?}");
        let owner = if matches!(way, Way::Update) { "me" } else { "nobody" };
        assert_eq!(now.owner, owner);
        for (asset, value) in [("shots", json!(2)), ("light", json!(3.0)), ("bytes", json!(10.0))] {
            assert_eq!(world.state(asset), value);
        }
        camera.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_known_to_be_wrong_is_not_uploaded_for() -> TestResult {
    let world = World::start().await?;
    let (camera, one) = (&world.camera, world.object("one.jpg"));
    let wrong = camera.update(|camera| (camera.picture, camera.shots) = (Some(one.clone()), 101));
    let error = wrong.await.unwrap_err();
    let is_shots = |asset: &str| asset == "shots";
    assert!(
        matches!(&error, SetError::Refused { asset, refusal: Refusal::AboveMaximum { .. }, .. } if is_shots(asset)),
        "{error}"
    );
    assert_eq!((one.status(), world.content("one.jpg")), (SyncStatus::NotInSync, None));
    // What has no path will never be at the platform.
    let error = camera.begin().set_picture(Some(StorageObject::new("x"))).map(drop).unwrap_err();
    assert!(matches!(error, SetError::Refused { .. }), "{error}");
    // Nothing happens before it is awaited, and a time that cannot be is said at once.
    drop(camera.begin().set_picture(Some(one.clone()))?.finish());
    let never =
        camera.begin().set_picture(Some(one.clone()))?.finish().at(edge_runtime::types::Timestamp::MIN);
    assert!(matches!(never.await, Err(SetError::Time { .. })));
    assert_eq!(one.status(), SyncStatus::NotInSync);
    Ok(camera.close().await?)
}

/// It was uploaded, and then accepted as `null`.
#[tokio::test]
async fn what_is_beside_an_object_is_checked_as_without_one() -> TestResult {
    let world = World::start().await?;
    let shot = |name: &str| Some(Shot { photo: world.object(name), exposure: f64::NAN });
    let (mut set, mut finished) = (world.camera.begin(), world.camera.begin());
    let refused = [
        world.camera.set_shot(shot("a.jpg")).await.map(drop),
        match finished.set_shot(shot("b.jpg")) {
            Ok(transaction) => transaction.finish().await.map(drop),
            Err(error) => Err(error),
        },
        world.camera.update(|camera| camera.shot = shot("c.jpg")).await.map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(SetError::Refused { .. })), "{refused:?}");
    }
    assert!(world.camera.shot().is_none());
    set.set_shots(1)?.finish().await?;
    Ok(world.camera.close().await?)
}

/// A camera that is closed takes nothing, so nothing is uploaded for it.
#[tokio::test]
async fn nothing_is_uploaded_for_a_setter_that_cannot_be() -> TestResult {
    let world = World::start().await?;
    let one = world.object("one.jpg");
    world.camera.close().await?;
    let closed = world.camera.set_picture(Some(one.clone())).await;
    assert!(matches!(closed, Err(SetError::Closed { .. })), "{closed:?}");
    assert_eq!((one.status(), world.content("one.jpg")), (SyncStatus::NotInSync, None));
    Ok(())
}

#[tokio::test]
async fn v37_objects_of_a_child_go_to_its_own_storage_with_the_same_transaction() -> TestResult {
    let world = World::start().await?;
    let (camera, mut errors) = (&world.camera, world.camera.microphone().errors());
    let (picture, sound) = (world.object("one.jpg"), StorageObject::file(world.path("sound.wav")));
    let both = || {
        camera.update(|camera| {
            camera.picture = Some(picture.clone());
            camera.microphone.recording = Some(sound.clone());
        })
    };
    let error = both().await.unwrap_err();
    assert!(matches!(&error, SetError::Storage { device, .. } if device == "CAM-1-microphone"), "{error}");
    let told = errors.recv().await.unwrap();
    assert_eq!(told.assets().collect::<Vec<_>>(), ["recording"]);
    assert_eq!((camera.picture(), camera.microphone().recording()), (None, None));
    world.object("sound.wav");
    both().await?.delivered().await?;
    let recording = camera.microphone().recording().unwrap();
    assert_eq!(recording.uri().as_deref(), Some("/device/CAM-1-microphone/object/sound.wav"));
    assert_eq!(world.memory.state("CAM-1-microphone", "recording").unwrap()["name"], "sound.wav");
    assert_eq!(world.state("picture")["name"], "one.jpg");
    Ok(camera.close().await?)
}

#[tokio::test]
async fn a_transaction_with_an_object_is_stored_as_a_whole_or_not_at_all() -> TestResult {
    let world = World::start().await?;
    let (camera, one) = (&world.camera, world.object("one.jpg"));
    let receipt = camera.update(|camera| (camera.picture, camera.total) = (Some(one.clone()), 1)).await?;
    assert!(receipt.id().is_some(), "it is on the disk");
    receipt.delivered().await?;
    world.disk.break_flush(true);
    let other = world.object("other.jpg");
    let update = camera.update(|camera| (camera.picture, camera.total) = (Some(other.clone()), 2));
    assert!(matches!(update.await, Err(SetError::Store { .. })));
    assert_eq!((camera.picture(), camera.total()), (Some(one), 1));
    let _ = camera.close().await;
    Ok(())
}

/// A transaction whose objects are there may wait for room as any other.
#[tokio::test(start_paused = true)]
async fn v37_what_was_uploaded_waits_for_room() -> TestResult {
    for way in WAYS {
        let world = World::start().await?;
        let platform = world.memory.platform();
        let folder = world.path("other");
        let camera = platform.outbox(OutboxConfig::new().messages(1).folder(folder)).device("CAM-2", first());
        let camera = camera.connect().await?;
        let (mut setting, _, other) = world.under_way(way, &camera).await;
        world.memory.withhold_acknowledgements(true);
        camera.set_light(1.0).await?;
        world.memory.withhold_contents(false);
        while other.status() != SyncStatus::InSync {
            assert!(setting.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        assert!(setting.as_mut().now_or_never().is_none(), "{way:?}");
        assert_eq!(camera.shots(), 0);
        world.memory.withhold_acknowledgements(false);
        world.memory.cut();
        setting.await?;
        assert_eq!(camera.shots(), 2);
        camera.close().await?;
        world.camera.close().await?;
    }
    Ok(())
}
