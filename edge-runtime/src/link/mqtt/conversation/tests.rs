//! A conversation with nobody, by a clock that is set.

mod slow;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::*;
use crate::link::mqtt::Mqtt;
use crate::link::{Dialect, Driver, Hello};

/// Acknowledges what came, and has nothing else to say.
#[derive(Default)]
struct Acknowledges(Option<u64>);

impl Driver for Acknowledges {
    fn ready(&self) -> Arc<Notify> {
        Arc::default()
    }

    fn next(&mut self) -> Option<Request> {
        self.0.take().map(Request::Acknowledge)
    }

    fn connected(&mut self, _: bool) {}

    fn subscribed(&mut self, _: Token, _: Vec<(usize, LinkError)>) {}

    fn acknowledged(&mut self, _: Token) {}

    fn received(&mut self, message: Received) {
        self.0 = message.ack;
    }

    fn lost(&mut self, _: LinkError) -> Duration {
        Duration::ZERO
    }
}

fn client(port: u16, driver: impl Driver + 'static) -> Client {
    let nodes = vec![("127.0.0.1".to_owned(), port)];
    let broker = Mqtt { nodes, tls: None, credentials: None, dialect: Dialect::Native };
    let hello = Hello { client_id: "C-1".to_owned(), will: None };
    Client::new(broker, hello, Box::new(driver))
}

/// Has a conversation with a peer that says nothing.
async fn alone(test: impl AsyncFnOnce(&mut Conversation<'_>)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = client(listener.local_addr().unwrap().port(), Acknowledges::default());
    let stream = Stream::connect("127.0.0.1", client.broker.nodes[0].1, None).await.unwrap();
    test(&mut Conversation::new(&mut client, stream, BytesMut::new())).await;
}

#[tokio::test(start_paused = true)]
async fn c15_what_goes_after_a_stall_has_its_time_from_then_on() {
    alone(async |conversation| {
        conversation.say(Request::Subscribe(1, vec!["a".to_owned()])).unwrap();
        // Nothing has happened meanwhile: the program was asleep.
        tokio::time::advance(OVERDUE).await;
        poll_fn(|context| {
            let _ = conversation.poll_move(context);
            Poll::Ready(())
        })
        .await;
        assert!(conversation.out.is_empty(), "all of it has gone");
        conversation.now = Instant::now();
        assert!(conversation.look().is_ok());
        tokio::time::advance(OVERDUE).await;
        conversation.now = Instant::now();
        assert!(matches!(conversation.look(), Err(Ended::Silent)));
    })
    .await;
}

/// When a publish of the beginning is taken for unanswered within half a minute, if after five seconds so much comes in each.
async fn late_after(bytes: u64) -> Option<u64> {
    let mut late = None;
    alone(async |conversation| {
        let start = conversation.now;
        conversation.waits.expect(Kind::Publish, 100);
        conversation.waits.go(100, start);
        late = (1..=30).find(|&second| {
            conversation.now = start + Duration::from_secs(second);
            conversation.counted.1 += if second > 5 { bytes } else { 1 };
            conversation.listen();
            conversation.waits.late(conversation.now).is_some()
        });
    })
    .await;
    late
}

#[tokio::test(start_paused = true)]
async fn c08_what_comes_is_a_sign_of_life_although_it_begins_late() {
    // In the first ten seconds that is less than ten seconds' share.
    assert_eq!(late_after(SLOWEST + 200).await, None);
    assert_eq!(late_after(SLOWEST - 200).await, Some(10));
}

#[tokio::test]
async fn what_is_to_be_said_to_a_message_is_said_at_once() {
    alone(async |conversation| {
        conversation.fill().unwrap();
        assert!(conversation.is_drained);
        let (topic, payload) = ("a".to_owned(), bytes::Bytes::new());
        conversation.receive(Incoming { topic, payload, retained: false, id: Some(7) });
        conversation.fill().unwrap();
        assert_eq!(conversation.out[..], [0x40, 2, 0, 7]);
    })
    .await;
}
