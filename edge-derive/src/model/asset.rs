//! One asset: a field with `#[asset(..)]`.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Attribute, Field, Visibility};

use super::default::Default;
use super::limits::Limits;
use super::rules::Rules;
use super::ty::{Type, could_be_device, is_borrowed, is_no_field, names_in_brackets};
use super::{item, signature, text, unit};
use crate::attribute::{ARGUMENT, ASSET, Call, Entry, Given, Grammar, Text, key};
use crate::case::Case;
use crate::diagnostics::Diagnostics;
use crate::suggest;

/// Who sets an asset's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sensor,
    Actuator,
    Config,
    Virtual,
    /// It is none: it is an argument of an action, which has a name, a type and limits as an asset has.
    Argument,
    /// It is none: it is a field of an alert or a data format, likewise.
    Field,
    /// It could not be read. All that is generated for any kind is generated, so that what the user
    /// does with the asset makes no further errors.
    Unknown,
}

/// The values of `kind`.
pub(crate) const KINDS: [(&str, Kind); 4] = [
    ("sensor", Kind::Sensor),
    ("actuator", Kind::Actuator),
    ("virtual", Kind::Virtual),
    ("config", Kind::Config),
];

/// What is no kind of an asset, and where it is said instead.
const ELSEWHERE: [(&str, &str); 4] = [
    ("action", "an action has no field, it is declared on the struct: `#[device(action(reboot))]`"),
    (
        "alert",
        "an alert is a struct of its own, which is declared on this one: `#[device(alert(OverTemperature))]`",
    ),
    ("child", "a child device is declared by `#[device(child)]`"),
    ("device", "a child device is declared by `#[device(child)]`"),
];

/// A name on the wire, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    /// The literal, or the field.
    pub(crate) span: Span,
    pub(crate) is_given: bool,
}

/// Whether a field or an action makes its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    All,
    /// It would collide with another.
    None,
}

/// What an asset makes on the handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Getter,
    Observer,
    Setter,
    Offer,
}

/// One asset.
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    pub(crate) field: Ident,
    pub(crate) vis: Visibility,
    pub(crate) written_type: syn::Type,
    /// As people write it; asked of the compiler once.
    pub(crate) type_text: String,
    pub(crate) ty: Type,
    /// Whether the type has another one in brackets that only rustc knows.
    pub(crate) is_named_in_brackets: bool,
    pub(crate) kind: Kind,
    /// Where the kind is given.
    pub(crate) kind_span: Option<Span>,
    pub(crate) name: Name,
    pub(crate) alias: Option<Name>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) unit: String,
    /// Where the unit is given.
    pub(crate) unit_span: Option<Span>,
    pub(crate) limits: Limits,
    pub(crate) rules: Rules,
    pub(crate) default: Option<Default>,
    pub(crate) compute: Option<Compute>,
    pub(crate) deprecated: Option<Attribute>,
    /// What it does not make on the handle, since it would collide with other methods.
    pub(crate) colliding: Vec<Method>,
    /// In the handler. Of an argument: whether more of it can be written than that the method has it.
    pub(crate) handler: Made,
}

/// `compute = path(asset, ..)`.
#[derive(Clone, Debug)]
pub(crate) struct Compute {
    /// None if it was mistaken.
    pub(crate) key: Option<Ident>,
    /// None if it could not be read.
    pub(crate) call: Option<Call>,
}

impl Kind {
    /// Whether the platform may command it.
    pub(crate) fn is_commandable(self) -> bool {
        matches!(self, Self::Actuator | Self::Config | Self::Unknown)
    }

    /// What it is called in messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Argument => "argument",
            Self::Field => "field",
            _ => "asset",
        }
    }

    /// The word in attributes.
    pub(crate) fn word(self) -> &'static str {
        KINDS.into_iter().find(|(_, kind)| *kind == self).map_or("unknown", |(word, _)| word)
    }

    fn read(text: &Text, diagnostics: &mut Diagnostics) -> Self {
        match KINDS.into_iter().find(|(word, _)| *word == text.value) {
            Some((_, kind)) => kind,
            None => {
                let words = KINDS.map(|(word, _)| word);
                let message = match ELSEWHERE.into_iter().find(|(word, _)| *word == text.value) {
                    Some((word, remedy)) => format!("unknown asset kind `{word}`, {remedy}"),
                    None => suggest::unknown("asset kind", "kinds", &text.value, words),
                };
                diagnostics.at(text.span, message);
                Self::Unknown
            }
        }
    }
}

impl Asset {
    /// Whether it makes a method on the handle.
    pub(crate) fn makes(&self, method: Method) -> bool {
        let is_setter = matches!(method, Method::Setter | Method::Offer);
        !(is_setter && self.kind == Kind::Virtual || self.colliding.contains(&method))
    }

    /// Reads a field; none without `#[asset]`.
    pub(super) fn read(field: &Field, rename: Option<Case>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let given = Given::read(&field.attrs, &ASSET, diagnostics);
        given.attribute.as_ref()?;
        // `#[asset(child)]`: taken for the child that is meant.
        if given.means_child && could_be_device(&field.ty) {
            return None;
        }
        Self::of(field, given, &ASSET, rename, diagnostics)
    }

    /// An asset that is declared as if it was a child device, of which it has been said.
    pub(super) fn meant(field: &Field, rename: Option<Case>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut given = Given::nothing();
        given.complete = false;
        if could_be_device(&field.ty) { None } else { Self::of(field, given, &ASSET, rename, diagnostics) }
    }

    /// Reads an argument of an action: what of an asset is a value's.
    pub(super) fn argument(
        field: &Field,
        rename: Option<Case>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let given = Given::read(&field.attrs, &ARGUMENT, diagnostics);
        let refused = is_no_field(&field.ty);
        if refused {
            let message = match &field.ty {
                syn::Type::Reference(_) => "an argument is owned, as in `text: String`",
                _ => "an argument has a type that is written out, as in `offset: f64`",
            };
            diagnostics.over(&field.ty, message);
        }
        // A placeholder, for which the method has what is written.
        let ty = if refused { signature::guess() } else { field.ty.clone() };
        let argument = Self::of(&Field { ty, ..field.clone() }, given, &ARGUMENT, rename, diagnostics)?;
        let (written_type, handler) = match refused {
            true if is_borrowed(&field.ty) => (field.ty.clone(), Made::None),
            true => (argument.written_type, Made::None),
            false => (argument.written_type, Made::All),
        };
        Some(Self { kind: Kind::Argument, written_type, handler, ..argument })
    }

    /// Reads a field of an alert or a data format.
    pub(super) fn field(
        field: &Field,
        grammar: &'static Grammar,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let given = Given::read(&field.attrs, grammar, diagnostics);
        Self::of(field, given, grammar, None, diagnostics).map(|asset| Self { kind: Kind::Field, ..asset })
    }

    fn of(
        field: &Field,
        mut given: Given,
        grammar: &Grammar,
        rename: Option<Case>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let ident = field.ident.clone().filter(|_| !is_no_field(&field.ty))?;
        let (kind, kind_span) = kind(&mut given, diagnostics);
        // An action, say, of which it has been said that it has no field.
        if kind == Kind::Unknown && is_unit(&field.ty) {
            return None;
        }
        let unit = given.take(key::UNIT);
        let unit_span = unit.as_ref().map(|entry| entry.key.span());
        let compute = given
            .take(key::COMPUTE)
            .map(|entry| Compute { key: Some(entry.key.clone()), call: entry.call(diagnostics) });
        // Of what could not be read, more has not to be said.
        let unread = given.means(key::COMPUTE).then_some(Compute { key: None, call: None });
        let ty = Type::of(&field.ty);
        let default = given.take(key::DEFAULT);
        let default = default.and_then(|entry| Default::read(entry, ty, &field.ty, diagnostics));
        let alias = given.take(key::ALIAS).and_then(|entry| entry.text(grammar, diagnostics));
        let own = ident.unraw().to_string();
        let title = text::title(given.take(key::TITLE), &own, grammar, diagnostics);
        let description = text::description(given.take(key::DESCRIPTION), &field.attrs, grammar, diagnostics);
        Some(Self {
            vis: field.vis.clone(),
            type_text: crate::expand::written(&field.ty),
            written_type: field.ty.clone(),
            ty,
            is_named_in_brackets: ty == Type::Other && names_in_brackets(&field.ty),
            kind,
            kind_span,
            name: Name::read(&ident, given.take(key::NAME), rename, grammar, diagnostics),
            alias: alias.map(|text| Name { text: text.value, span: text.span, is_given: true }),
            title,
            description,
            unit: unit::read(unit, grammar, diagnostics),
            unit_span,
            limits: Limits::read(&mut given, diagnostics),
            rules: Rules::read(&mut given, diagnostics),
            default,
            compute: compute.or(unread),
            deprecated: item::deprecated(&field.attrs),
            colliding: Vec::new(),
            handler: Made::All,
            field: ident,
        })
    }
}

/// Whether it is `()`.
fn is_unit(written: &syn::Type) -> bool {
    matches!(written, syn::Type::Tuple(tuple) if tuple.elems.is_empty())
}

fn kind(given: &mut Given, diagnostics: &mut Diagnostics) -> (Kind, Option<Span>) {
    let Some(entry) = given.take(key::KIND) else {
        // With a mistake in the attribute, the kind may be what was mistaken.
        return (if given.complete { Kind::Sensor } else { Kind::Unknown }, None);
    };
    match entry.word(&KINDS.map(|(word, _)| word), &ASSET, diagnostics) {
        Some(text) => (Kind::read(&text, diagnostics), Some(text.span)),
        None => (Kind::Unknown, None),
    }
}

impl Name {
    pub(super) fn read(
        ident: &Ident,
        given: Option<Entry>,
        rename: Option<Case>,
        grammar: &Grammar,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        match given.and_then(|entry| entry.text(grammar, diagnostics)) {
            Some(text) => Self { text: text.value, span: text.span, is_given: true },
            None => {
                let own = ident.unraw().to_string();
                let text = rename.map_or_else(|| own.clone(), |case| case.apply(&own));
                Self { text, span: ident.span(), is_given: false }
            }
        }
    }
}
