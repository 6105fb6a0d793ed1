//! The macros depend on nothing of ours, so they have copies of limits that devices and platforms share.

use crate::check::{MAX_ARGUMENTS, MAX_ASSETS, MAX_BYTES, MAX_FIELDS};
use crate::model::MAX_TEXT;

#[test]
fn what_the_macros_take_is_what_goes_on_the_wire() {
    let ours = [MAX_ASSETS, MAX_ARGUMENTS, MAX_FIELDS, MAX_TEXT, MAX_BYTES];
    let theirs = [
        edge_proto::document::MAX_ATTRIBUTES,
        edge_proto::document::MAX_ARGUMENTS,
        edge_proto::payload::MAX_FIELDS,
        edge_proto::payload::MAX_DESCRIPTION_BYTES,
        edge_proto::name::MAX_BYTES,
    ];
    assert_eq!(ours, theirs);
    const { assert!(MAX_TEXT <= edge_proto::model::MAX_TEXT) };
}
