//! What an item declares, with the spans of where it says so. Values that cannot be read are noted and
//! left at their defaults; whether the values fit together is the business of [`check`](crate::check).

mod action;
mod asset;
mod batch;
mod child;
mod default;
mod device;
mod duration;
mod item;
mod limits;
mod publish;
mod report;
mod rules;
mod signature;
mod text;
mod ty;
mod unit;
mod value;

pub(crate) use action::Action;
pub(crate) use asset::{Asset, KINDS, Kind, Made, Method, Name};
pub(crate) use batch::Batch;
pub(crate) use child::Child;
pub(crate) use default::Default;
pub(crate) use device::{Device, Policy};
pub(crate) use duration::Duration;
pub(crate) use item::{Item, ours};
pub(crate) use limits::{Bound, Limits, Number};
pub(crate) use publish::Publish;
pub(crate) use report::{Report, SEVERITIES, Sort};
pub(crate) use rules::{CAPACITY, Overflow, QoS, Retention, Rule, Rules};
#[cfg(test)]
pub(crate) use text::MAX_TEXT;
pub(crate) use ty::{Type, at_its_inside, inside, is_no_field, is_option, names_in_brackets, unsized_type};
pub(crate) use value::{AssetValue, Member, Shape};
