//! A method as `#[async_trait]` makes it of an `async fn`.
use edge_runtime::{Change, Device, HandlerResult};
use std::pin::Pin;

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

struct Driver;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl LampHandler for Driver {
    fn on_level<'a, 'b, 'c>(&'a mut self, _: &'b LampDevice, change: Change<u8>) -> Boxed<'c, HandlerResult<u8>>
    where
        'a: 'c,
        'b: 'c,
    {
        Box::pin(async move { Ok(change.value) })
    }
}

fn main() {}

//~ `<'a, 'b, 'c>`: on_level, do not match the trait
//~ replace: fn on_level<'a, 'b, 'c>(&'a mut self, _: &'b LampDevice => async fn on_level(&mut self, _: &LampDevice
//~ replace: Boxed<'c, HandlerResult<u8>>↵    where↵        'a: 'c,↵        'b: 'c,↵ => HandlerResult<u8>↵
//~ replace: Box::pin(async move { Ok(change.value) }) => Ok(change.value)
