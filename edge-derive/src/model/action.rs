//! An action of a device: `action(calibrate(offset: f64))` in `#[device(..)]`.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Field, MetaList};

use super::asset::{Asset, Made, Name};
use super::duration::Duration;
use super::signature::{Argument, Signature};
use super::text;
use crate::attribute::{ACTION, ARGUMENT, Given, key};
use crate::case::Case;
use crate::diagnostics::Diagnostics;

/// Something that a device does when it is told to.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    /// Its method of the handler.
    pub(crate) method: Ident,
    pub(crate) name: Name,
    pub(crate) alias: Option<Name>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) timeout: Option<Duration>,
    /// Each has a name, a type and limits, as an asset has.
    pub(crate) arguments: Vec<Asset>,
    pub(crate) handler: Made,
}

impl Action {
    /// The arguments that are all there.
    pub(crate) fn sound_arguments(&self) -> impl Iterator<Item = &Asset> {
        self.arguments.iter().filter(|argument| argument.handler == Made::All)
    }

    /// Reads the lists that are actions, those that can be read.
    pub(super) fn read_all(
        lists: &[MetaList],
        rename: Option<Case>,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Self> {
        lists.iter().filter_map(|list| Self::read(list, rename, diagnostics)).collect()
    }

    fn read(list: &MetaList, rename: Option<Case>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let read = |input: ParseStream<'_>| {
            let signature = Signature::read(input, diagnostics)?;
            Ok((signature, Given::parse(input, &ACTION, diagnostics)?))
        };
        let (Signature { method, arguments, .. }, given) = match list.parse_args_with(read) {
            Ok(read) => read,
            Err(error) => {
                diagnostics.push(error);
                return None;
            }
        };
        Some(Self::new(method, arguments, given, rename, diagnostics))
    }

    fn new(
        method: Ident,
        arguments: Vec<Argument>,
        mut given: Given,
        rename: Option<Case>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let own = method.unraw().to_string();
        let title = text::title(given.take(key::TITLE), &own, &ACTION, diagnostics);
        let description = text::given(given.take(key::DESCRIPTION), "have none", &ACTION, diagnostics);
        let alias = given.take(key::ALIAS).and_then(|entry| entry.text(&ACTION, diagnostics));
        let timeout = given.take(key::TIMEOUT).and_then(|entry| Duration::read(&entry, diagnostics));
        let arguments = arguments.iter().filter_map(|Argument { field, is_sound }| {
            foreign(field, diagnostics);
            let argument = Asset::argument(field, rename, diagnostics)?;
            Some(if *is_sound { argument } else { Asset { handler: Made::None, ..argument } })
        });
        let arguments = arguments.collect();
        Self {
            name: Name::read(&method, given.take(key::NAME), rename, &ACTION, diagnostics),
            alias: alias.map(|text| Name { text: text.value, span: text.span, is_given: true }),
            title,
            description: description.unwrap_or_default(),
            timeout,
            arguments,
            handler: Made::All,
            method,
        }
    }
}

/// Attributes that nobody reads, of whom nobody else would say so.
fn foreign(argument: &Field, diagnostics: &mut Diagnostics) {
    let known = [ARGUMENT.attribute, "doc"];
    for attribute in &argument.attrs {
        let path = attribute.path();
        if !known.iter().any(|known| path.is_ident(known)) {
            let message = "what is said of an argument is said with `#[arg(..)]`, as in `#[arg(max = 100)]`";
            diagnostics.over(path, message);
        }
    }
}
