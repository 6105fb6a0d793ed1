//! The end of a link.

use std::sync::mpsc;

use super::*;
use crate::link::Driver;
use crate::testing::MemoryPlatform;

/// A link whose connection comes about in one poll, which waits in the middle.
#[derive(Debug)]
struct Late {
    begun: mpsc::Sender<()>,
    go_on: Arc<Mutex<mpsc::Receiver<()>>>,
    connected: mpsc::Sender<()>,
}

impl Link for Late {
    fn endpoint(&self) -> String {
        "late".to_owned()
    }

    fn run(&self, _: Hello, mut driver: Box<dyn Driver>) -> BoxFuture<'static, ()> {
        let (begun, connected) = (self.begun.clone(), self.connected.clone());
        let go_on = Arc::clone(&self.go_on);
        Box::pin(async move {
            begun.send(()).unwrap();
            lock(&go_on).recv().unwrap();
            driver.connected(false);
            connected.send(()).unwrap();
            std::future::pending().await
        })
    }
}

/// Ends a hub while its connection comes about; then that is there. A hub that had ended was online for ever.
async fn ended_meanwhile(end: impl AsyncFnOnce(&Arc<Hub>, &mpsc::Sender<()>)) -> Arc<Hub> {
    let ((begun, has_begun), (connected, is_connected)) = (mpsc::channel(), mpsc::channel());
    let (release, go_on) = mpsc::channel();
    let link = Late { begun, go_on: Arc::new(Mutex::new(go_on)), connected };
    let hub = Hub::new(DeviceId::new("GATEWAY-1").unwrap(), &MemoryPlatform::new().over(link));
    hub.connect();
    tokio::task::spawn_blocking(move || has_begun.recv()).await.unwrap().unwrap();
    end(&hub, &release).await;
    tokio::task::spawn_blocking(move || is_connected.recv()).await.unwrap().unwrap();
    hub
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_a_link_that_was_ended_is_not_online_whatever_its_connection_says_last() {
    let hub = ended_meanwhile(async |hub, release| {
        hub.abort();
        release.send(()).unwrap();
    })
    .await;
    assert!(matches!(*hub.status().borrow(), Status::Ended), "{:?}", *hub.status().borrow());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_a_link_that_was_closed_has_no_connection_any_more() {
    let hub = ended_meanwhile(async |hub, release| {
        let closed = Arc::clone(hub);
        let mut closing = tokio::spawn(async move { closed.close(Duration::from_secs(5)).await });
        let early = tokio::time::timeout(Duration::from_millis(200), &mut closing).await;
        release.send(()).unwrap();
        assert!(early.is_err(), "it had one, and was closed");
        closing.await.unwrap();
    })
    .await;
    assert!(!hub.is_online(), "{:?}", *hub.status().borrow());
}
