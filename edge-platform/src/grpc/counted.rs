//! Counts calls by the code that they are answered with.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::codegen::{Service, http};
use tonic::server::NamedService;

use crate::counts::Counters;

/// Where a call's code stands when there is nothing to say but that it failed; of others it comes at the end.
const CODE: &str = "grpc-status";

/// A service whose calls are counted.
#[derive(Clone, Debug)]
pub(super) struct Counted<S> {
    inner: S,
    counters: Arc<Counters>,
}

impl<S> Counted<S> {
    pub(super) fn new(inner: S, counters: Arc<Counters>) -> Self {
        Self { inner, counters }
    }
}

impl<S: NamedService> NamedService for Counted<S> {
    const NAME: &'static str = S::NAME;
}

type Reply<B> = Result<http::Response<B>, Infallible>;

impl<S, Q, B> Service<http::Request<Q>> for Counted<S>
where
    S: Service<http::Request<Q>, Response = http::Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<B>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Reply<B>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Q>) -> Self::Future {
        let (reply, counters) = (self.inner.call(request), Arc::clone(&self.counters));
        Box::pin(async move {
            let reply = reply.await?;
            let code = reply.headers().get(CODE).and_then(|code| code.to_str().ok());
            counters.grpc_call(code.map_or(0, |code| code.parse().unwrap_or(UNKNOWN)));
            Ok(reply)
        })
    }
}

const UNKNOWN: usize = 2;
