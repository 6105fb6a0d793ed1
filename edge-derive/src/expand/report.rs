//! Alerts and data formats: the table of a type, and what a device says of the types that it declares.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use super::method::Method;
use super::{limits, stub};
use crate::model::{Asset, Device, Report, Retention, Sort, at_its_inside, ours};

/// What a struct is. Of one that cannot be, whatever its parameters: a type without fields.
pub(super) fn expand(report: &Report) -> TokenStream {
    let Report { item, urn, description, fields, .. } = report;
    let (import, name) = (item.import("__rt"), &report.name.text);
    let ident = ours(&item.ident, &item.ident.to_string());
    let (parameters, arguments, _) = item.generics.split_for_impl();
    let bounds = stub::bounds(item, &TokenStream::new());
    // Where the struct's name is, so that of types that it does not know rustc says the same of both.
    let keyword = quote_spanned!(item.ident.span()=> impl);
    let (kind, of_sort) = match report.sort {
        Sort::Alert => (quote!(Alert), quote!(Alert)),
        Sort::Format => (quote!(Data), quote!(Format)),
    };
    let severity = format_ident!("{}", report.severity);
    let retention = retention(report);
    let constants = limits::bounds(fields.iter());
    let rows = fields.iter().enumerate().map(|(index, field)| row(field, index));
    let values = fields.iter().map(|field| ours(&field.field, &field.field.to_string()));
    quote! {
        const _: () = {
            #import
            #constants
            #[automatically_derived]
            #keyword #parameters __rt::Report for #ident #arguments #bounds {
                const MODEL: &'static __rt::FormatModel = &__rt::FormatModel {
                    name: #name,
                    urn: #urn,
                    description: #description,
                    kind: __rt::FormatKind::#kind,
                    severity: __rt::Severity::#severity,
                    retention: #retention,
                    fields: &[#(#rows),*],
                };
                fn fields(&self) -> __rt::Vec<&dyn ::core::any::Any> {
                    __rt::fields(&[#(&self.#values),*])
                }
            }
            #[automatically_derived]
            impl #parameters __rt::#of_sort for #ident #arguments #bounds {}
        };
    }
}

/// Alerts are stored where that can be; data are, like states, where it is said.
fn retention(report: &Report) -> TokenStream {
    let some = |variant: &str| {
        let variant = format_ident!("{variant}");
        quote!(__rt::Some(__rt::Retention::#variant))
    };
    match (report.retention, report.sort) {
        (Some(Retention::Stored), _) => some("Stored"),
        (None, Sort::Alert) => quote!(__rt::None),
        (Some(_), _) | (None, Sort::Format) => some("Volatile"),
    }
}

fn row(field: &Asset, index: usize) -> TokenStream {
    let Asset { description, unit, .. } = field;
    let (name, limits) = (&field.name.text, limits::limits(field, index));
    let ty = at_its_inside(&field.written_type);
    quote! {
        __rt::FieldModel {
            name: #name,
            description: #description,
            unit: #unit,
            limits: #limits,
            codec: <#ty as __rt::AssetValue>::CODEC,
        }
    }
}

/// What a device declares: the models of its types, and that it declares them.
pub(super) fn declared(device: &Device) -> Option<TokenStream> {
    device.reports.all().next()?;
    let ident = ours(&device.item.ident, &device.item.ident.to_string());
    let models = device.reports.all().map(|(sort, path)| model(sort, path));
    let declares = device.reports.all().map(|(_, path)| {
        quote! {
            #[automatically_derived]
            impl __rt::DeclaredBy<#ident> for #path {}
        }
    });
    // Their names only rustc knows.
    let distinct = device
        .reports
        .all()
        .nth(1)
        .map(|(_, path)| quote_spanned!(path.span()=> const _: () = __rt::distinct(__FORMATS);));
    Some(quote! {
        const __FORMATS: &[&__rt::FormatModel] = &[#(#models),*];
        #distinct
        #(#declares)*
    })
}

fn model(sort: Sort, path: &Path) -> TokenStream {
    let function = match sort {
        Sort::Alert => quote!(of_alert),
        Sort::Format => quote!(of_format),
    };
    quote!(__rt::FormatModel::#function::<#path>())
}

/// The methods of the handle; only of devices that have something to say with them.
pub(super) fn methods(device: &Device) -> impl Iterator<Item = Method> {
    let vis = &device.item.vis;
    let ident = ours(&device.item.ident, &device.item.ident.to_string());
    let raise = device.reports.alerts.first().map(|_| Method {
        doc: " Raises an alert that the device declares.".to_owned(),
        signature: quote! {
            #vis fn raise<__A: __rt::AlertOf<#ident>>(&self, alert: __A) -> __rt::Raise<'_>
        },
        call: "__rt::raise(&self.0, alert)".to_owned(),
    });
    let submit = device.reports.formats.first().map(|_| Method {
        doc: " Submits data of a format that the device declares.".to_owned(),
        signature: quote! {
            #vis fn submit<__F: __rt::FormatOf<#ident>>(&self, data: __F) -> __rt::Submit<'_>
        },
        call: "__rt::submit(&self.0, data)".to_owned(),
    });
    raise.into_iter().chain(submit)
}
