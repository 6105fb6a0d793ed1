//! A value whose type only its asset knows. What sensors mostly have, numbers and booleans, lies in it; all else in a box.

use std::any::Any;
use std::fmt;

/// See the module. Another type than that of its asset is a bug of this crate and panics.
pub struct AnyValue(Held);

const MIXED_UP: &str = "a value has the type of its asset";

macro_rules! held {
    ($($variant:ident: $type:ty,)*) => {
        enum Held {
            $($variant($type),)*
            Boxed(Box<dyn Any + Send>),
        }

        impl AnyValue {
            /// Which types lie in it is decided when the program is compiled.
            #[inline]
            pub(crate) fn new<T: Send + 'static>(value: T) -> Self {
                let mut value = Some(value);
                $(if let Some(Some(value)) = (&mut value as &mut dyn Any).downcast_mut::<Option<$type>>() {
                    return Self(Held::$variant(*value));
                })*
                Self(Held::Boxed(Box::new(value.take().expect("there is a value"))))
            }

            /// The value itself.
            #[inline]
            pub(crate) fn owned<T: 'static>(self) -> T {
                match self.0 {
                    $(Held::$variant(value) => {
                        let mut owned = None::<T>;
                        let place = (&mut owned as &mut dyn Any).downcast_mut().expect(MIXED_UP);
                        *place = Some(value);
                        owned.expect("there is a value")
                    })*
                    Held::Boxed(value) => *value.downcast().expect(MIXED_UP),
                }
            }
        }

        impl AsRef<dyn Any> for AnyValue {
            #[inline]
            fn as_ref(&self) -> &dyn Any {
                match &self.0 {
                    $(Held::$variant(value) => value,)*
                    Held::Boxed(value) => value.as_ref(),
                }
            }
        }

        impl AsMut<dyn Any> for AnyValue {
            #[inline]
            fn as_mut(&mut self) -> &mut dyn Any {
                match &mut self.0 {
                    $(Held::$variant(value) => value,)*
                    Held::Boxed(value) => value.as_mut(),
                }
            }
        }
    };
}

held! {
    F64: f64,
    F32: f32,
    Bool: bool,
    U8: u8,
    U16: u16,
    U32: u32,
    U64: u64,
    I8: i8,
    I16: i16,
    I32: i32,
    I64: i64,
}

impl AnyValue {
    /// Whether it is a number or a boolean, in which nothing else can be.
    #[inline]
    pub(crate) fn is_one_word(&self) -> bool {
        !matches!(self.0, Held::Boxed(_))
    }
}

impl fmt::Debug for AnyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyValue").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: Clone + PartialEq + fmt::Debug + Send + 'static>(value: T, other: T, is_boxed: bool) {
        let mut any = AnyValue::new(value.clone());
        assert_eq!(matches!(any.0, Held::Boxed(_)), is_boxed);
        assert_eq!(any.as_ref().downcast_ref(), Some(&value));
        *any.as_mut().downcast_mut().unwrap() = other.clone();
        assert_eq!(any.owned::<T>(), other);
    }

    #[test]
    fn a_value_is_what_was_put_in_wherever_it_lies() {
        check(21.5f64, -0.5, false);
        check(21.5f32, -0.5, false);
        check(true, false, false);
        check(u64::MAX, 0, false);
        check(i8::MIN, 1, false);
        check("text".to_owned(), String::new(), true);
        check(Some(7u8), None, true);
        check(None::<f64>, Some(1.0), true);
    }

    #[test]
    #[should_panic(expected = "a value has the type of its asset")]
    fn a_value_of_another_type_is_a_bug() {
        AnyValue::new(1u8).owned::<u16>();
    }
}
