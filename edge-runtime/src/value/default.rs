//! Defaults of texts: what a derive asks of an expression that is no literal.

/// A type of which the default of a `String` can be.
#[diagnostic::on_unimplemented(
    message = "`default` of a `String` is a text, found a `{Self}`",
    label = "not a text",
    note = "texts are `&str` and `String`, and whatever a `String` can be made from"
)]
pub trait OfText {
    /// It, as the value of a field.
    fn text(self) -> String;
}

// Of a type that is none rustc would list all of which a `String` can be made.
#[diagnostic::do_not_recommend]
impl<T> OfText for T
where
    String: From<T>,
{
    fn text(self) -> String {
        self.into()
    }
}
