//! Sockets that take less than they are given, as it suits them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Wake, Waker};

use tokio::io::ReadBuf;

use super::*;

/// A socket by the test's leave.
#[derive(Default)]
struct Scripted {
    /// So many bytes more are taken.
    room: usize,
    /// What was taken is passed on.
    can_flush: bool,
    /// What comes next.
    comes: Vec<u8>,
    taken: Vec<u8>,
    /// Who waits to write more, or until it has gone.
    waits: Option<Waker>,
}

impl AsyncRead for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.comes.is_empty() {
            return Poll::Pending;
        }
        buffer.put_slice(&std::mem::take(&mut self.comes));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let taken = bytes.len().min(self.room);
        if taken == 0 {
            self.waits = Some(context.waker().clone());
            return Poll::Pending;
        }
        self.room -= taken;
        self.taken.extend(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.can_flush {
            self.waits = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Says what is in it, in turn; and acknowledges what comes.
struct Says(VecDeque<Request>);

impl Driver for Says {
    fn ready(&self) -> Arc<Notify> {
        Arc::default()
    }

    fn next(&mut self) -> Option<Request> {
        self.0.pop_front()
    }

    fn connected(&mut self, _: bool) {}

    fn subscribed(&mut self, _: Token, _: Vec<(usize, LinkError)>) {}

    fn acknowledged(&mut self, _: Token) {}

    fn received(&mut self, message: Received) {
        self.0.extend(message.ack.map(Request::Acknowledge));
    }

    fn lost(&mut self, _: LinkError) -> Duration {
        Duration::ZERO
    }
}

/// The link's task, as far as that is woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// A conversation over such a socket, and who is woken for it.
struct Slow<'a> {
    conversation: Conversation<'a, Scripted>,
    woken: Arc<Woken>,
}

impl<'a> Slow<'a> {
    fn new(client: &'a mut Client, stream: Scripted) -> Self {
        let conversation = Conversation::new(client, stream, BytesMut::new());
        Self { conversation, woken: Arc::default() }
    }

    fn poll(&mut self) -> Poll<Result<Event, Ended>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        let watch = pin!(tokio::time::sleep(WATCH));
        self.conversation.poll_event(&mut Context::from_waker(&waker), watch)
    }

    /// Wakes who waits for the socket. Returns whether that is the conversation.
    fn wake(&mut self) -> bool {
        self.conversation.stream.waits.take().into_iter().for_each(Waker::wake);
        self.woken.0.swap(false, Relaxed)
    }

    fn taken(&self) -> &[u8] {
        &self.conversation.stream.taken
    }
}

fn says(requests: impl IntoIterator<Item = Request>) -> Client {
    client(1, Says(requests.into_iter().collect()))
}

#[tokio::test]
async fn what_the_socket_takes_in_parts_goes_as_it_is() {
    let mut client = says([1, 2].map(Request::Acknowledge));
    let mut slow = Slow::new(&mut client, Scripted { room: 3, can_flush: true, ..Scripted::default() });
    assert!(slow.poll().is_pending());
    assert_eq!(slow.taken(), [0x40, 2, 0]);
    for more in [1, 3] {
        slow.conversation.stream.room = more;
        assert!(slow.wake(), "{more} bytes more could go");
        assert!(slow.poll().is_pending());
    }
    assert_eq!(slow.taken(), [0x40, 2, 0, 1, 0x40, 2, 0]);
    slow.conversation.stream.room = 100;
    assert!(slow.wake() && slow.poll().is_pending());
    assert_eq!(slow.taken(), [0x40, 2, 0, 1, 0x40, 2, 0, 2]);
    assert!(slow.conversation.out.is_empty() && !slow.wake(), "there is nothing to wait for");
}

#[tokio::test]
async fn what_was_written_has_gone_when_it_was_flushed_and_until_then_nothing_comes_behind_it() {
    let mut client = says([Request::Acknowledge(1)]);
    let mut slow = Slow::new(&mut client, Scripted { room: 100, ..Scripted::default() });
    assert!(slow.poll().is_pending());
    slow.conversation.receive(Incoming {
        topic: "a".to_owned(),
        payload: bytes::Bytes::new(),
        retained: false,
        id: Some(2),
    });
    assert!(slow.poll().is_pending());
    assert_eq!(slow.taken(), [0x40, 2, 0, 1]);
    assert!(!slow.conversation.out.is_empty(), "it has not gone");
    slow.conversation.stream.can_flush = true;
    assert!(slow.wake() && slow.poll().is_pending());
    assert_eq!(slow.taken(), [0x40, 2, 0, 1, 0x40, 2, 0, 2]);
    assert!(slow.conversation.out.is_empty() && !slow.wake());
}

#[tokio::test]
async fn goodbye_goes_behind_the_rest_of_what_has_gone_in_part() {
    let (topic, payload) = ("a".to_owned(), bytes::Bytes::new());
    let message = Publish { token: 9, topic, payload, qos: QoS::AtLeastOnce, retain: false, again: false };
    let mut client = says([Request::Publish(message), Request::Acknowledge(1), Request::Disconnect]);
    // All of the message, and half of what is behind it.
    let message = [0x32, 5, 0, 1, b'a', 0, 1];
    let room = message.len() + 2;
    let mut slow = Slow::new(&mut client, Scripted { room, can_flush: true, ..Scripted::default() });
    assert!(slow.poll().is_pending());
    assert_eq!(slow.taken(), [&message[..], &[0x40, 2]].concat());
    slow.conversation.stream.comes = vec![0x40, 2, 0, 1];
    assert!(matches!(slow.poll(), Poll::Ready(Ok(Event::Read))));
    slow.conversation.take().unwrap();
    assert!(slow.poll().is_pending(), "it has not gone");
    slow.conversation.stream.room = 100;
    assert!(slow.wake() && matches!(slow.poll(), Poll::Ready(Ok(Event::Gone))));
    assert_eq!(slow.taken(), [&message[..], &[0x40, 2, 0, 1, 0xe0, 0]].concat());
}
