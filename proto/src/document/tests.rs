use serde_json::json;

use super::*;
use crate::number::Number;
use crate::profile::{Limits, ValueType};

/// What a document says of itself; or what is wrong with it.
#[track_caller]
fn refused(attribute: Value, expected: &str) {
    let document = json!({"urn": "urn:x", "name": "X", "attributes": [attribute]});
    let error = ModelDocument::from_json(&document.to_string()).unwrap_err();
    assert_eq!(error.to_string(), expected, "{document}");
}

fn whole() -> ModelDocument {
    let number = |minimum, maximum| {
        let limits = Limits { minimum: Some(minimum), maximum, step: Some(Number::Float(0.5)) };
        Profile { unit: Some("°C".to_owned()), ..Profile::new(ValueType::Number).with_limits(limits) }
    };
    let asset = |name: &str, kind, profile| Asset {
        name: name.to_owned(),
        kind,
        title: format!("The {name}"),
        description: "For people".to_owned(),
        profile,
    };
    let text = |format: Option<&str>, nullable| Profile {
        format: format.map(str::to_owned),
        nullable,
        ..Profile::new(ValueType::String)
    };
    let mode = Profile { allowed: vec!["eco".to_owned(), "fast".to_owned()], ..text(None, false) };
    let list = Profile { items: Some(Box::new(mode.clone())), ..Profile::new(ValueType::Array) };
    let low = Number::Float(-40.5);
    let attribute =
        |asset, alias: Option<&str>, default| Attribute { asset, alias: alias.map(str::to_owned), default };
    let field = |name: &str, profile, optional| Field {
        name: name.to_owned(),
        description: "A part".to_owned(),
        profile,
        optional,
    };
    ModelDocument {
        description: "Keeps it cool.".to_owned(),
        draft: true,
        asset_type: AssetType::Sensor,
        vendor: AssetVendor::from("Acme"),
        attributes: vec![
            attribute(
                asset("temperature", Kind::Sensor, number(low, Some(Number::Integer(85)))),
                Some("temp"),
                Some(json!(20.5)),
            ),
            attribute(asset("low", Kind::Virtual, number(low, None)), None, None),
            attribute(asset("mode", Kind::Config, mode), None, Some(json!("eco"))),
            attribute(asset("since", Kind::Sensor, text(Some("date-time"), true)), None, None),
            attribute(asset("manual", Kind::Sensor, text(Some("uri"), false)), None, None),
            attribute(asset("id", Kind::Actuator, text(Some("uuid"), false)), None, None),
            attribute(asset("modes", Kind::Actuator, list), None, Some(json!(["eco"]))),
        ],
        actions: vec![
            Action {
                name: "calibrate".to_owned(),
                alias: Some("cal".to_owned()),
                title: "Calibrate".to_owned(),
                description: String::new(),
                arguments: vec![field("offset", number(low, Some(Number::Integer(1))), false)],
            },
            Action {
                name: "reboot".to_owned(),
                alias: None,
                title: "Reboot".to_owned(),
                description: "Soon".to_owned(),
                arguments: Vec::new(),
            },
        ],
        formats: vec![Format {
            urn: "urn:x:hot".to_owned(),
            name: "hot".to_owned(),
            description: "Too hot".to_owned(),
            kind: FormatKind::Alert,
            severity: Some(Severity::Critical),
            fields: vec![field("note", text(None, false), true)],
        }],
        children: vec![Child { name: "fan".to_owned(), urn: "urn:fan".to_owned() }],
        ..ModelDocument::new("urn:x", "X")
    }
}

#[test]
fn a_round_trip_loses_nothing() {
    let model = whole();
    assert_eq!(ModelDocument::from_json(&model.to_json()), Ok(model));
}

#[test]
fn others_find_the_words_that_they_know() {
    let json: Value = serde_json::from_str(&whole().to_json()).unwrap();
    let of = |index: usize, member: &str| json["attributes"][index][member].clone();
    assert_eq!(of(0, "type"), "NUMBER");
    assert_eq!(of(0, "range"), "-40.5,85");
    assert_eq!((of(0, "alias"), of(0, "defaultValue")), (json!("temp"), json!(20.5)));
    assert_eq!(of(1, "range"), Value::Null, "it has one end only");
    let words: Vec<_> = (0..7).map(|index| of(index, "type")).collect();
    assert_eq!(words, ["NUMBER", "NUMBER", "STRING", "DATETIME", "URI", "STRING", "ARRAY"]);
    let writable: Vec<_> = (0..7).map(|index| of(index, "writable")).collect();
    assert_eq!(writable, [false, false, true, false, false, true, true]);
    assert_eq!(json["actions"][0]["argType"], "NUMBER");
    assert_eq!(json["actions"][0]["alias"], "cal");
    assert_eq!((json["actions"][1].get("argType"), json["actions"][1].get("alias")), (None, None));
    assert_eq!(json["formats"][0]["type"], "ALERT");
    assert_eq!(json["formats"][0]["value"]["fields"][0]["optional"], true);
}

#[test]
fn a_document_of_others_is_read_as_far_as_it_goes() {
    let model = ModelDocument::from_json(
        r#"{"urn": "urn:com:x:thermometer", "name": "Thermometer", "description": "", "system": false, "links": [],
            "attributes": [
              {"name": "temp", "type": "NUMBER", "range": "-40, 80.5", "writable": false, "alias": "temperature"},
              {"name": "count", "type": "INTEGER", "writable": true, "range": "0,10", "defaultValue": 5},
              {"name": "seen", "type": "DATETIME"}],
            "actions": [{"name": "power", "argType": "BOOLEAN", "alias": "on"}, {"name": "reset"}],
            "formats": [{"urn": "urn:com:x:hot", "name": "hot", "type": "ALERT",
                         "value": {"fields": [{"name": "temp", "type": "NUMBER", "optional": false}]}}]}"#,
    )
    .unwrap();
    let [temp, count, seen] = model.attributes.as_slice() else { panic!("{model:?}") };
    assert_eq!((temp.asset.kind, temp.asset.title.as_str()), (Kind::Sensor, "temp"));
    assert_eq!(temp.asset.profile.limits().to_string(), "-40..80.5");
    assert_eq!((count.asset.kind, &count.default), (Kind::Actuator, &Some(json!(5))));
    assert_eq!(seen.asset.profile.format.as_deref(), Some("date-time"));
    assert_eq!(model.attribute("temperature"), Some(temp));
    assert_eq!(model.actions[0].arguments[0].name, "value");
    assert_eq!((model.action("on"), model.action("power")), (model.actions.first(), model.actions.first()));
    assert_eq!((&model.actions[1].arguments, &model.actions[1].alias), (&Vec::new(), &None));
    assert_eq!(model.formats[0].kind, FormatKind::Alert);
}

#[test]
fn what_is_wrong_is_named() {
    refused(
        json!({"name": "a", "type": "FLOAT"}),
        "`a`: the type `FLOAT` is none of INTEGER, NUMBER, STRING, BOOLEAN, DATETIME, URI, OBJECT, ARRAY",
    );
    let range = |word: &str, range: &str| json!({"name": "a", "type": word, "range": range});
    refused(range("STRING", "1,2"), "`a`: the range `1,2` limits what is no number");
    refused(range("NUMBER", "2,1"), "`a`: the range `2,1` has its low end above its high end");
    for text in ["1", "1,", "a,b", "1,2,3", "nan,1", "0,inf"] {
        refused(range("NUMBER", text), &format!("`a`: the range `{text}` is not `low,high`, two numbers"));
    }
    let default = |word: &str, value: Value| json!({"name": "a", "type": word, "defaultValue": value});
    refused(default("INTEGER", json!(1.5)), "`a`: the default: expected integer, found number");
    refused(default("BOOLEAN", json!("true")), "`a`: the default: expected boolean, found string");
    refused(
        json!({"name": "a", "type": "NUMBER", "range": "0,1", "defaultValue": 2}),
        "`a`: the default: 2 is above the maximum: the limits are 0..1",
    );
    refused(
        json!({"name": "a b", "type": "NUMBER"}),
        "attribute `a b`: the name `a b` contains ' '; allowed are ASCII letters, digits, `_` and `-`",
    );
    refused(json!({"name": "a", "type": "NUMBER", "alias": "A"}), "alias `A` is there already, as `a`");
    refused(
        json!({"name": "a", "type": "NUMBER", "writable": true, "kind": "sensor"}),
        "`a`: `writable` contradicts `kind`",
    );
    let profile = json!({"type": "number", "maximum": 5});
    refused(json!({"name": "a", "type": "INTEGER", "profile": profile}), "`a`: `type` contradicts `profile`");
    refused(
        json!({"name": "a", "type": "NUMBER", "range": "0,5", "profile": profile}),
        "`a`: `range` contradicts `profile`",
    );
}

#[test]
fn names_are_unique_in_any_case() {
    for (one, other, expected) in [
        (json!({"name": "a"}), json!({"name": "A"}), "attribute `A` is there already, as `a`"),
        (
            json!({"name": "a", "alias": "x"}),
            json!({"name": "b", "alias": "X"}),
            "alias `X` is there already, as `x`",
        ),
        (json!({"name": "a", "alias": "b"}), json!({"name": "b"}), "alias `b` is there already, as `b`"),
    ] {
        let typed = |mut attribute: Value| {
            attribute["type"] = json!("STRING");
            attribute
        };
        let document = |what: &str| json!({"urn": "urn:x", "name": "X", what: [typed(one.clone()), typed(other.clone())]});
        let error = |what| ModelDocument::from_json(&document(what).to_string()).unwrap_err().to_string();
        assert_eq!(error("attributes"), expected);
        // Actions have names of their own, of which the same is so.
        assert_eq!(error("actions"), expected.replace("attribute", "action"));
    }
}

#[test]
fn what_is_no_model_is_no_panic() {
    for text in ["", "null", "[]", "{}", r#"{"urn": 1}"#, r#"{"urn": "x"}"#, r#"{"urn": "", "name": ""}"#] {
        assert!(ModelDocument::from_json(text).is_err(), "{text}");
    }
    let nul = json!({"urn": "urn:x", "name": "x\0"});
    assert!(matches!(ModelDocument::from_json(&nul.to_string()), Err(DocumentError::Model(_))));
    let nul = json!({"urn": "urn:\0", "name": "x"});
    assert_eq!(ModelDocument::from_json(&nul.to_string()), Err(DocumentError::Urn(UrnError::Characters)));
}

#[test]
fn a_format_that_cannot_be_sent_is_none() {
    let alert = |description: usize, fields: usize| {
        let fields: Vec<_> =
            (0..fields).map(|n| json!({"name": format!("f{n}"), "type": "NUMBER"})).collect();
        let model = json!({"urn": "urn:a", "name": "A", "formats": [{"urn": "urn:a:b", "name": "b", "type": "ALERT",
            "description": "d".repeat(description), "value": {"fields": fields}}]});
        ModelDocument::from_json(&model.to_string())
    };
    assert!(alert(1024, 64).is_ok());
    assert!(matches!(alert(1025, 1), Err(DocumentError::Description { bytes: 1025, .. })));
    assert!(matches!(alert(1, 65), Err(DocumentError::TooManyFields { fields: 65, .. })));
}

#[test]
fn a_urn_is_a_word() {
    assert_eq!(check_urn("urn:example:greenhouse:1"), Ok(()));
    assert_eq!(check_urn(&"u".repeat(MAX_URN)), Ok(()));
    assert_eq!(check_urn(""), Err(UrnError::Empty));
    assert_eq!(check_urn(&"u".repeat(257)), Err(UrnError::TooLong { bytes: 257 }));
    for bad in ["urn:a b", "urn:\n", "urn:\0", "\u{a0}"] {
        assert_eq!(check_urn(bad), Err(UrnError::Characters), "{bad:?}");
    }
}
