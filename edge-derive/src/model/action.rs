//! An action of a device: `action(calibrate(offset: f64))` in `#[device(..)]`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::token::Paren;
use syn::{Field, Lit, MetaList, Token};

use super::asset::{Asset, Made, Name};
use super::duration::Duration;
use super::text;
use super::ty::Type;
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
            let method = method(input)?;
            let has_arguments = input.peek(Paren);
            let arguments = if has_arguments { arguments(input)? } else { Vec::new() };
            if !input.is_empty() && !input.peek(Token![,]) {
                return Err(behind(&method, has_arguments, input)?);
            }
            input.parse::<Option<Token![,]>>()?;
            Ok((method, arguments, Given::parse(input, &ACTION, diagnostics)?))
        };
        let (method, arguments, given) = match list.parse_args_with(read) {
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
        arguments: Vec<Field>,
        mut given: Given,
        rename: Option<Case>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let own = method.unraw().to_string();
        let title = text::title(given.take(key::TITLE), &own, &ACTION, diagnostics);
        let description = text::given(given.take(key::DESCRIPTION), "have none", &ACTION, diagnostics);
        let alias = given.take(key::ALIAS).and_then(|entry| entry.text(&ACTION, diagnostics));
        let timeout = given.take(key::TIMEOUT).and_then(|entry| Duration::read(&entry, diagnostics));
        arguments.iter().for_each(|argument| foreign(argument, diagnostics));
        let arguments = arguments.iter().filter_map(|field| Asset::argument(field, rename, diagnostics));
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

/// Keywords that are no names with `r#` either.
const NEVER_RAW: [&str; 5] = ["self", "Self", "super", "crate", "_"];

fn method(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(Lit) {
        let literal: Lit = input.parse()?;
        let message = "an action is written as a method is, without quotes, as in `action(reboot)`; \
                       `action(reboot, name = \"..\")` gives it another name on the wire";
        return Err(syn::Error::new_spanned(literal, message));
    }
    input.parse().map_err(|error| {
        let example = "`action(reboot)` or `action(calibrate(offset: f64))`";
        let is_function = input.peek(Token![fn]) || input.peek(Token![async]);
        let hint = keyword("method", input).filter(|_| !is_function);
        let hint = hint.unwrap_or_else(|| format!("expected the name of an action, as in {example}"));
        if input.is_empty() { syn::Error::new(error.span(), hint) } else { input.error(hint) }
    })
}

/// What to write instead of a keyword, if there is one.
fn keyword(what: &str, input: ParseStream<'_>) -> Option<String> {
    let word = Ident::parse_any(&input.fork()).ok()?;
    Some(match NEVER_RAW.iter().any(|never| word == never) {
        true => format!("`{word}` is a keyword of Rust, and no {what} can have its name"),
        false => format!("`{word}` is a keyword of Rust; write `r#{word}`, which is `{word}` on the wire"),
    })
}

/// What stands where there is a comma.
fn behind(method: &Ident, has_arguments: bool, input: ParseStream<'_>) -> syn::Result<syn::Error> {
    let (is_result, is_hyphen) = (input.peek(Token![->]), input.peek(Token![-]) && !input.peek(Token![->]));
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([TokenTree::parse(input)?]);
    }
    let message = match (is_result, is_hyphen) {
        (true, _) => "an action has no result besides that it was done; remove this".to_owned(),
        (_, true) => format!(
            "a method has no hyphen in its name; write `_`, and give the name on the wire with `name = \"{method}{}\"`",
            tokens.to_string().replace(' ', ""),
        ),
        _ if has_arguments => "expected `,`".to_owned(),
        _ => format!("expected `,` or the arguments of `{method}`"),
    };
    Ok(syn::Error::new_spanned(tokens, message))
}

fn arguments(input: ParseStream<'_>) -> syn::Result<Vec<Field>> {
    let content;
    syn::parenthesized!(content in input);
    let arguments = content.parse_terminated(argument, Token![,])?;
    Ok(arguments.into_iter().collect())
}

fn argument(input: ParseStream<'_>) -> syn::Result<Field> {
    let attributes = input.call(syn::Attribute::parse_outer)?;
    if input.peek(Token![self]) || input.peek(Token![&]) {
        let message = "the method is given `&mut self` and the device anyway; \
                       only what is sent with the action is an argument, as in `offset: f64`";
        return Err(input.error(message));
    }
    if let Some(error) = nameless(input) {
        return Err(error);
    }
    let name: Ident = input.parse().map_err(|_| {
        let example = "expected the name of an argument and its type, as in `offset: f64`";
        // Not of `mut to: u8`, say.
        let is_name = input.peek2(Token![:]);
        let keyword = keyword("argument", input).filter(|_| is_name);
        input.error(keyword.unwrap_or_else(|| example.to_owned()))
    })?;
    if !input.peek(Token![:]) {
        let message = format_args!("the argument `{name}` needs a type, as in `{name}: f64`");
        return Err(syn::Error::new(name.span(), message));
    }
    let argument = Field {
        attrs: attributes,
        vis: syn::Visibility::Inherited,
        modifiers: syn::FieldModifiers::default(),
        ident: Some(name),
        colon_token: input.parse()?,
        ty: input.parse()?,
        default: None,
    };
    if input.peek(Token![=]) {
        return Err(input.error("an argument has no default; one that is an `Option` may be left out"));
    }
    Ok(argument)
}

/// `dim(u8)`: a type that is plainly one, where there should be a name before it.
fn nameless(input: ParseStream<'_>) -> Option<syn::Error> {
    let ahead = input.fork();
    if ahead.peek(syn::Ident) && ahead.peek2(Token![:]) && !ahead.peek2(Token![::]) {
        return None;
    }
    let ty: syn::Type = ahead.parse().ok()?;
    let syn::Type::Path(written) = &ty else { return None };
    let last = written.path.segments.last()?;
    let is_type = Type::of(&ty) != Type::Other || last.ident.to_string().starts_with(char::is_uppercase);
    let ends = ahead.is_empty() || ahead.peek(Token![,]);
    (is_type && ends).then(|| {
        let text = crate::expand::written(&ty);
        let message = format_args!("an argument has a name before its type, as in `value: {text}`");
        syn::Error::new_spanned(&ty, message)
    })
}
