//! Whatever comes: no panic, and what is written is read again.

use edge_proto::payload::{self, Stamp};
use edge_proto::topic::{self, Stream, Topic};
use edge_proto::{DeviceId, Profile, name};
use jiff::Timestamp;
use proptest::prelude::*;

proptest! {
    #[test]
    fn bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = payload::read_command(&bytes);
        let _ = payload::read_state(&bytes);
        let _ = payload::read_states(&bytes);
        let _ = payload::read_cbor_state(&bytes);
        let _ = payload::read_cbor_states(&bytes);
    }

    #[test]
    fn nearly_cbor_is_read_or_refused(heads in proptest::collection::vec(
        (proptest::sample::select(vec![0x01, 0x18, 0x20, 0x41, 0x5f, 0x61, 0x62, 0x7f, 0x81, 0x82, 0x9b, 0x9f, 0xa1, 0xbf, 0xc0, 0xc1, 0xd8, 0xd9, 0xf6, 0xf9, 0xff, 0x03, 0xe9, 103, 120]), any::<bool>()),
        0..64,
    )) {
        let bytes: Vec<u8> = heads.iter().flat_map(|&(head, is_point)| if is_point { vec![0xd8, 120, 0x83, head] } else { vec![head] }).collect();
        for state in [payload::read_state(&bytes), payload::read_cbor_state(&bytes)].into_iter().flatten() {
            let value = state.value.unwrap();
            prop_assert!(serde_json::from_str::<serde_json::Value>(value.get()).is_ok(), "{}", value);
        }
        let _ = payload::read_cbor_states(&bytes);
    }

    #[test]
    fn nearly_json_is_read_or_refused(text in r#"[{}\[\]":,0-9a-z\\ valuesid]{0,64}"#) {
        let _ = payload::read_command(text.as_bytes());
        let _ = serde_json::from_str::<Profile>(&text);
        let _ = serde_json::from_str(&text).map(|schema| Profile::from_schema(&schema));
    }

    #[test]
    fn names_make_topics_of_exactly_their_levels(device in any::<String>(), asset in any::<String>()) {
        let text = format!("device/{device}/asset/{asset}/state");
        match (DeviceId::new(&device), name::check(&asset)) {
            (Ok(id), Ok(())) => {
                prop_assert_eq!(topic::asset(&id, &asset, Stream::State), text.clone());
                let expected = Topic::Asset { device: &device, asset: &asset, stream: Stream::State };
                prop_assert_eq!(Topic::parse(&text), Some(expected));
                prop_assert_eq!(text.split('/').count(), 5);
            }
            _ => prop_assert!(Topic::parse(&text).is_none_or(|topic| topic.to_string() == text)),
        }
    }

    #[test]
    fn states_survive_the_wire(value in any::<f64>().prop_filter("finite", |v| v.is_finite()), session: u64, seq: u64, micros in 0i64..4_102_444_800_000_000) {
        let at = Timestamp::from_microsecond(micros).unwrap();
        let mut out = Vec::new();
        payload::write_state(&mut out, at, serde_json::to_string(&value).unwrap().as_bytes(), Stamp { session, seq });
        let state = payload::read_state(&out).unwrap();
        prop_assert_eq!(state.at, Some(at));
        prop_assert_eq!(state.stamp, Some(Stamp { session, seq }));
        prop_assert_eq!(serde_json::from_str::<f64>(state.value.unwrap().get()).unwrap(), value);
    }
}
