//! What is asked of a setter too early: `.delivered()` before `.await?`.

/// Never implemented: what is asked of a setter that is still under way.
#[diagnostic::on_unimplemented(
    message = "nothing is on its way before this is awaited",
    label = "`.await?` is missing before `.delivered()`",
    note = "write `.await?.delivered().await?`: first the outbox has the value, then the broker"
)]
pub trait Awaited {}

/// Gives futures of receipts a method that cannot be called, for those who forget to await them.
macro_rules! await_first {
    ($([$($generics:tt)*] $future:ty),+ $(,)?) => {$(
        impl<$($generics)*> $future {
            /// For those who forget to await it: it cannot be called.
            #[doc(hidden)]
            #[must_use = "it is never ready"]
            pub fn delivered(self) -> std::future::Pending<Result<(), super::DeliveryError>>
            where
                Self: super::awaited::Awaited,
            {
                std::future::pending()
            }
        }
    )+};
}

pub(super) use await_first;
