//! Futures behind pointers, for traits whose implementations are chosen at run time.

use std::future::Future;
use std::pin::Pin;

/// A future that may be sent to another thread, behind a pointer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
