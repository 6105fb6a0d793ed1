//! A value type: its names and members as tables, and calls of what works on such tables.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;

use super::handle::ends;
use crate::model::{AssetValue, Member, Shape, at_its_inside, names_in_brackets, ours};

pub(super) fn expand(value: &AssetValue) -> TokenStream {
    let import = value.item.import("__rt");
    let ident = ours(&value.item.ident, &value.item.ident.to_string());
    let body = match value.shape {
        Shape::Enum => unit_enum(&ident, &value.members),
        Shape::Struct => plain_struct(&ident, &value.item.ident, &value.members),
    };
    quote! {
        const _: () = {
            #import
            #body
        };
    }
}

fn unit_enum(ident: &Ident, members: &[Member]) -> TokenStream {
    let names: Vec<_> = members.iter().map(|member| &member.name.text).collect();
    let variants: Vec<_> = members.iter().map(field).collect();
    quote! {
        const __NAMES: &[&::core::primitive::str] = &[#(#names),*];
        const __VARIANTS: &[#ident] = &[#(#ident::#variants),*];

        #[automatically_derived]
        impl __rt::AssetValue for #ident {
            fn profile() -> __rt::Profile {
                __rt::enum_profile(__NAMES)
            }
            fn encode(&self, out: &mut __rt::Vec<::core::primitive::u8>) {
                __rt::encode_enum(match self { #(Self::#variants => #names),* }, out)
            }
            fn decode(json: __rt::Value) -> ::core::result::Result<Self, __rt::Refusal> {
                __rt::decode_variant(__NAMES, __VARIANTS, json)
            }
        }
    }
}

/// `value`: the struct's name, as it stands in the user's file.
fn plain_struct(ident: &Ident, value: &Ident, members: &[Member]) -> TokenStream {
    let fields: Vec<_> = members.iter().map(field).collect();
    let rows = members.iter().map(|Member { name, ty, .. }| {
        let (name, ty) = (&name.text, ty.as_ref().map(at_its_inside));
        quote!((#name, <#ty as __rt::AssetValue>::CODEC))
    });
    // Of structs that contain each other rustc says that the table of one of them leads to itself, and shows its name; where the
    // one field is that can be meant, if it is one.
    let table = format_ident!("MEMBERS_OF_{}", ident.unraw().to_string().to_uppercase());
    // A static says nothing of parameters that may be missing, as rustc does of the struct where a type in brackets is unknown;
    // a constant that stands there says the same.
    let types = members.iter().filter_map(|member| member.ty.as_ref());
    let named: Vec<_> = types.filter(|ty| names_in_brackets(ty)).collect();
    let (first, last) = match named[..] {
        [ty] => ends(ty),
        _ => (Span::call_site(), Span::call_site()),
    };
    let declared = match named.is_empty() {
        false => {
            let table = Ident::new(&table.to_string(), value.span());
            quote_spanned!(Span::call_site().located_at(first)=> const #table)
        }
        true => quote!(static #table),
    };
    let end = quote_spanned!(Span::call_site().located_at(last)=> ;);
    quote! {
        #declared: &[__rt::Member] = &[#(#rows),*] #end

        #[automatically_derived]
        impl __rt::AssetValue for #ident {
            const A_VALUE_CANNOT_CONTAIN_ITSELF: () = __rt::finite(#table);
            fn profile() -> __rt::Profile {
                __rt::members_profile(#table)
            }
            fn encode(&self, out: &mut __rt::Vec<::core::primitive::u8>) {
                __rt::encode_members(#table, &[#(&self.#fields),*], out)
            }
            fn decode(json: __rt::Value) -> ::core::result::Result<Self, __rt::Refusal> {
                let mut members = __rt::decode_members(#table, json)?;
                ::core::result::Result::Ok(Self { #(#fields: members.take()),* })
            }
            fn check(&self, _: &__rt::Limits) -> ::core::result::Result<(), __rt::Refusal> {
                __rt::check_members(#table, &[#(&self.#fields),*])
            }
            fn objects(&self, found: &mut __rt::Vec<__rt::StorageObject>) {
                __rt::objects_of_members(#table, &[#(&self.#fields),*], found)
            }
        }
    }
}

fn field(member: &Member) -> Ident {
    ours(&member.ident, &member.ident.to_string())
}
