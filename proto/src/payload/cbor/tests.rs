use super::*;
use crate::payload::{self, Location, MAX_BYTES};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// `at value @latitude,longitude,altitude`
fn text(state: &State) -> String {
    let at = state.at.map(|at| format!("{at} ")).unwrap_or_default();
    let place = |Location { latitude, longitude, altitude }: Location| {
        format!(" @{latitude},{longitude},{}", altitude.unwrap_or_default())
    };
    format!("{at}{}{}", state.value.as_ref().unwrap().get(), state.location.map(place).unwrap_or_default())
}

#[track_caller]
fn one(hex: &str, expected: &str) {
    let read = payload::read_cbor_state(&bytes(hex)).map(|state| text(&state));
    assert_eq!(read.as_deref(), Ok(expected), "{hex}");
}

#[track_caller]
fn several(hex: &str, expected: &[(&str, &str)]) {
    let read = payload::read_states(&bytes(hex)).unwrap();
    let read: Vec<_> = read.iter().map(|(name, state)| (name.as_str(), text(state))).collect();
    let read: Vec<_> = read.iter().map(|(name, state)| (*name, state.as_str())).collect();
    assert_eq!(read, expected, "{hex}");
}

#[track_caller]
fn refused(hex: &str, reason: &str) {
    for error in [payload::read_cbor_state(&bytes(hex)).err(), payload::read_state(&bytes(hex)).err()] {
        let error = error.unwrap_or_else(|| panic!("{hex} is read")).to_string();
        assert!(error.contains(reason), "{hex}: {error}");
    }
}

#[test]
fn states_of_a_device_are_a_map_or_a_data_point() {
    several("A2 61 74 18 21 62 64 6C F5", &[("t", "33"), ("dl", "true")]);
    several("a261741821626f6bf5", &[("t", "33"), ("ok", "true")]);
    several(
        "d87882 a261741821626f6bf5 c11a59682f00",
        &[("t", "2017-07-14T02:40:00Z 33"), ("ok", "2017-07-14T02:40:00Z true")],
    );
    several(
        "d87883 a261741821626f6bf5 f6 d86782 fa424c4000 fa406eb852",
        &[("t", "33 @51.0625,3.7300000190734863,0"), ("ok", "true @51.0625,3.7300000190734863,0")],
    );
    // Indefinite lengths, and self-described.
    several("d9d9f7 bf 6174 01 7f 616f 616b ff f4 ff", &[("t", "1"), ("ok", "false")]);
    // What an asset says of itself counts.
    several(
        "d87882 a2 6161 a2 6576616c7565 01 6261 74 c100 6162 d87883 02 c101 d86783 01 02 03 c11a59682f00",
        &[("a", "1970-01-01T00:00:00Z 1"), ("b", "1970-01-01T00:00:01Z 2 @1,2,3")],
    );
    several("a1 63677073 d86782 01 02", &[("gps", r#"{"latitude":1.0,"longitude":2.0}"#)]);
    several("a0", &[]);
}

#[test]
fn a_state_of_an_asset_is_a_map_with_a_value_a_data_point_or_a_bare_value() {
    one("a1 6576616c7565 1821", "33");
    one(
        "a2 6556616c7565 f5 624174 c074323033312d30322d30335430343a30353a30365a",
        "2031-02-03T04:05:06Z true",
    );
    one("a2 6576616c7565 01 626174 74323033312d30322d30335430343a30353a30365a", "2031-02-03T04:05:06Z 1");
    one("d87881 01", "1");
    one("d87883 a1 6576616c7565 01 c11a59682f00 f6", "2017-07-14T02:40:00Z 1");
    one("d87883 f5 f6 d86784 01 02 f6 05", "true @1,2,0");
    for (hex, value) in [
        ("00", "0"),
        ("1b ffffffffffffffff", "18446744073709551615"),
        ("2a", "-11"),
        ("3b ffffffffffffffff", "-18446744073709551616"),
        ("f9 3e00", "1.5"),
        ("fa 424c4000", "51.0625"),
        ("fb 3ff199999999999a", "1.1"),
        ("f4", "false"),
        ("f6", "null"),
        ("f7", "null"),
        ("63 c3a922", r#""é\"""#),
        ("7f 62c3a9 6161 ff", r#""éa""#),
        ("43 010203", r#""AQID""#),
        ("5f 4101 420203 ff", r#""AQID""#),
        ("83 01 80 a1 01 02", r#"[1,[],{"1":2}]"#),
        ("9f 01 bf 6161 f6 20 02 ff ff", r#"[1,{"a":null,"-1":2}]"#),
        ("c0 74323033312d30322d30335430343a30353a30365a", r#""2031-02-03T04:05:06Z""#),
        ("c1 fb 41d65a0bc0200000", r#""2017-07-14T02:40:00.5Z""#),
        ("d903e9 a2 01 1a59682f00 22 190315", r#""2017-07-14T02:40:00.789Z""#),
        ("d8 20 61 61", r#""a""#),
    ] {
        one(hex, value);
    }
}

#[test]
fn what_is_not_to_be_understood_is_refused() {
    for (hex, reason) in [
        ("a1 6576616c7565", "ends too early"),
        ("a1 6576616c75", "ends too early"),
        ("a1 6576616c7565 01 00", "trailing bytes"),
        ("a1 626174 c100", "no member `value`"),
        ("a2 6576616c7565 01 626174 f5", "expected a string"),
        ("f9 7e00", "no finite number"),
        ("fa 7f800000", "no finite number"),
        ("fb fff0000000000000", "no finite number"),
        ("82 01 ff", "a break"),
        ("a1 80 01", "a member's name"),
        ("e0", "the simple value 0"),
        ("c2 41 01", "tag 2 has no JSON"),
        ("81 d87881 01", "a data point inside of a value"),
        ("d87880", "without a value"),
        ("d87884 01 f6 f6 f6", "more than three"),
        ("d87882 01 01", "expected a time"),
        ("d87882 01 c1 fb 7ff8000000000000", "no number of seconds"),
        ("d87882 01 c1 1b 7fffffffffffffff", "not a time"),
        ("d87882 01 c1 1b 0000003afff44180", "not a time"),
        ("d87882 01 c1 3b 0000000e7791f701", "the year is not from 1 to 9999"),
        ("d87882 01 c0 74303030302d30312d30315430303a30303a30305a", "the year is not from 1 to 9999"),
        ("d87882 01 c0 61 78", "not a time"),
        ("d87882 01 d903e9 a1 22 01", "without seconds"),
        ("d87882 01 d903e9 a2 01 01 04 01", "a key that is not known"),
        ("d87883 01 f6 d86781 01", "no place"),
        ("d87883 01 f6 d86782 185b 01", "no place"),
        ("d87883 01 f6 d86782 f97e00 01", "no place"),
        ("d87883 01 f6 d86785 01 01 01 01 01", "more than four"),
        ("ff", "a break"),
        // A character may not be split.
        ("7f 61c3 61a9 ff", "not well-formed"),
        ("fc", "not well-formed"),
    ] {
        refused(hex, reason);
    }
    for (hex, reason) in [
        ("82 01 02", "expected a map"),
        ("a1 01 02", "no text"),
        ("a2 6161 01 6161 02", "`a` comes twice"),
        ("a1 6161 a1 6162 01", "no member `value`"),
        ("d87882 01 f6", "expected a map"),
    ] {
        let error = payload::read_states(&bytes(hex)).unwrap_err().to_string();
        assert!(error.contains(reason), "{hex}: {error}");
    }
}

#[test]
fn levels_are_counted() {
    let nested = |levels: usize, head: u8| [vec![head; levels], vec![0x01]].concat();
    for head in [0x81, 0xd5] {
        assert!(payload::read_cbor_state(&nested(DEPTH - 1, head)).is_ok());
        let error = payload::read_cbor_state(&nested(10_000, head)).unwrap_err().to_string();
        assert!(error.contains("nested in more than 64 levels"), "{error}");
    }
}

#[test]
fn what_is_announced_takes_no_memory() {
    for head in
        ["5b", "7b", "9b", "bb", "a1 61 61 9b", "d878 9b", "d87883 01 f6 d867 9b", "5f 5b", "d903e9 bb"]
    {
        for length in ["1000000000000000", "ffffffffffffffff", "7fffffffffffffff"] {
            let payload = bytes(&format!("{head}{length}0102"));
            assert!(payload::read_cbor_state(&payload).is_err(), "{head}");
            assert!(payload::read_cbor_states(&payload).is_err(), "{head}");
        }
    }
}

#[test]
fn json_that_would_be_larger_than_a_payload_is_refused() {
    // Three bytes each, and eighteen digits.
    let mut payload = vec![0x9f];
    (0..MAX_BYTES / 6).for_each(|_| payload.extend([0xf9, 0x00, 0x01]));
    payload.push(0xff);
    assert!(matches!(payload::read_cbor_state(&payload), Err(PayloadError::TooLarge(_))));
    assert!(matches!(payload::read_cbor_state(&vec![0; MAX_BYTES + 1]), Err(PayloadError::TooLarge(_))));
}
