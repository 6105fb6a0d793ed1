//! Field types as far as a macro can know them: by how they are written.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type as Written, TypePath};

use crate::expand::ends;

/// What a written type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Integer {
        least: i128,
        greatest: i128,
    },
    Float {
        /// Of 32 bits.
        is_single: bool,
    },
    Bool,
    Text,
    /// Only rustc knows.
    Other,
}

impl Type {
    pub(crate) fn of(written: &Written) -> Self {
        let path = match written {
            Written::Group(group) => return Self::of(&group.elem),
            Written::Paren(paren) => return Self::of(&paren.elem),
            Written::Path(TypePath { qself: None, path, .. }) => path,
            _ => return Self::Other,
        };
        let Some(name) = path.get_ident() else {
            // `None` has no limits, and no unit.
            return Some(written).filter(|ty| is_option(ty)).and_then(inside).map_or(Self::Other, Self::of);
        };
        match name.to_string().as_str() {
            "i8" => Self::integer(i8::MIN, i8::MAX),
            "i16" => Self::integer(i16::MIN, i16::MAX),
            "i32" => Self::integer(i32::MIN, i32::MAX),
            "i64" => Self::integer(i64::MIN, i64::MAX),
            "u8" => Self::integer(u8::MIN, u8::MAX),
            "u16" => Self::integer(u16::MIN, u16::MAX),
            "u32" => Self::integer(u32::MIN, u32::MAX),
            "u64" => Self::integer(u64::MIN, u64::MAX),
            "f32" => Self::Float { is_single: true },
            "f64" => Self::Float { is_single: false },
            "bool" => Self::Bool,
            "String" => Self::Text,
            _ => Self::Other,
        }
    }

    fn integer(least: impl Into<i128>, greatest: impl Into<i128>) -> Self {
        Self::Integer { least: least.into(), greatest: greatest.into() }
    }
}

/// Whether it is an `Option<..>`, by whatever path.
pub(crate) fn is_option(written: &Written) -> bool {
    match written {
        Written::Group(group) => is_option(&group.elem),
        Written::Paren(paren) => is_option(&paren.elem),
        Written::Path(TypePath { path, .. }) => {
            path.segments.last().is_some_and(|last| last.ident == "Option")
        }
        _ => false,
    }
}

/// Whether it is a `Vec<..>`, by whatever path.
pub(crate) fn is_list(written: &Written) -> bool {
    let Written::Path(TypePath { path, .. }) = written else { return false };
    path.segments.last().is_some_and(|last| last.ident == "Vec")
}

/// What is inside an `Option<..>`, a `Vec<..>` or an array.
pub(crate) fn inside(written: &Written) -> Option<&Written> {
    let path = match written {
        Written::Group(group) => return inside(&group.elem),
        Written::Paren(paren) => return inside(&paren.elem),
        Written::Array(array) => return Some(&array.elem),
        Written::Path(TypePath { path, .. }) => path,
        _ => return None,
    };
    let last = path.segments.last().filter(|last| last.ident == "Option" || last.ident == "Vec")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}

/// The type, with its `Option<..>`s and `Vec<..>`s where the type inside of them stands: what rustc says of that one, it says there,
/// and not of all. Of the type itself, and of one that the macro knows, nothing changes.
pub(crate) fn at_its_inside(written: &Written) -> Written {
    let mut moved = written.clone();
    let Some((first, last)) = innermost(written).filter(|inner| Type::of(inner) == Type::Other).map(ends)
    else {
        return moved;
    };
    let mut ty = &mut moved;
    while let Some(inner) = wrap(ty, first, last) {
        ty = inner;
    }
    moved
}

/// What is in all the brackets of a type that has some.
fn innermost(written: &Written) -> Option<&Written> {
    let inner = wrapped(written)?;
    innermost(inner).or(Some(inner))
}

/// What is inside of a plain `Option<..>` or `Vec<..>`.
fn wrapped(written: &Written) -> Option<&Written> {
    let Written::Path(TypePath { qself: None, path, .. }) = written else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else { return None };
    inside(written).filter(|_| arguments.args.len() == 1)
}

/// Puts all of a type around the one inside of it elsewhere; that one, if there is one.
fn wrap(written: &mut Written, first: Span, last: Span) -> Option<&mut Written> {
    wrapped(written)?;
    let Written::Path(TypePath { path, .. }) = written else { return None };
    if let Some(colons) = &mut path.leading_colon {
        colons.spans = [first; 2];
    }
    // It is still the name that the user wrote.
    path.segments.iter_mut().for_each(|word| word.ident.set_span(word.ident.span().located_at(first)));
    path.segments
        .pairs_mut()
        .filter_map(|pair| pair.into_tuple().1)
        .for_each(|colons| colons.spans = [first; 2]);
    let PathArguments::AngleBracketed(arguments) = &mut path.segments.last_mut()?.arguments else {
        return None;
    };
    (arguments.lt_token.spans, arguments.gt_token.spans) = ([first], [last]);
    match arguments.args.first_mut()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

/// Whether there is a type in its brackets that only rustc knows, if there is one: of such a name rustc says that it may be
/// a parameter that is missing, and shows where.
pub(crate) fn names_in_brackets(written: &Written) -> bool {
    inside(written).is_some_and(|inner| match inside(inner) {
        Some(_) => names_in_brackets(inner),
        None => Type::of(inner) == Type::Other,
    })
}

/// Whether rustc refuses such a field by itself, so that nothing more should be said of it.
pub(crate) fn is_no_field(written: &Written) -> bool {
    match written {
        Written::Group(group) => is_no_field(&group.elem),
        Written::Paren(paren) => is_no_field(&paren.elem),
        Written::Infer(_) | Written::ImplTrait(_) | Written::Never(_) => true,
        Written::Reference(reference) => reference.lifetime.is_none() || is_no_field(&reference.elem),
        _ => inside(written).is_some_and(is_no_field),
    }
}

/// Whether such a type is one of a function's argument.
pub(super) fn is_borrowed(written: &Written) -> bool {
    match written {
        Written::Group(group) => is_borrowed(&group.elem),
        Written::Paren(paren) => is_borrowed(&paren.elem),
        Written::Reference(reference) => !is_no_field(&reference.elem) || is_borrowed(&reference.elem),
        _ => inside(written).is_some_and(is_borrowed),
    }
}

/// What a type without a size is called, and what to write instead.
pub(crate) fn unsized_type(written: &Written) -> Option<&'static str> {
    match written {
        Written::Group(group) => unsized_type(&group.elem),
        Written::Paren(paren) => unsized_type(&paren.elem),
        Written::Slice(_) => Some("write `Vec<..>`"),
        Written::TraitObject(_) => Some("write a type of its own"),
        Written::Path(TypePath { qself: None, path, .. }) if path.is_ident("str") => Some("write `String`"),
        _ => None,
    }
}

/// Whether the type may be another device, as far as a macro can know it.
pub(super) fn could_be_device(written: &Written) -> bool {
    Type::of(written) == Type::Other && inside(written).is_none()
}

/// The type with the name of the item for `Self`, which where a type is written down is another one, or none; nothing
/// if there is no `Self` in it.
pub(super) fn without_self(written: &Written, item: &Ident) -> Option<Written> {
    let is_meant = Type::of(written) == Type::Other;
    let named = is_meant.then(|| named(written.to_token_stream(), item)).flatten();
    named.and_then(|tokens| syn::parse2(tokens).ok())
}

/// The same with the item's name; none if there is no `Self` in it.
fn named(tokens: TokenStream, item: &Ident) -> Option<TokenStream> {
    let mut is_other = false;
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(word) if word == "Self" => {
            is_other = true;
            TokenTree::Ident(crate::model::ours(&word, &item.to_string()))
        }
        TokenTree::Group(group) => match named(group.stream(), item) {
            Some(inner) => {
                is_other = true;
                let mut named = Group::new(group.delimiter(), inner);
                named.set_span(group.span());
                TokenTree::Group(named)
            }
            None => TokenTree::Group(group),
        },
        other => other,
    });
    let tokens = tokens.collect();
    is_other.then_some(tokens)
}
