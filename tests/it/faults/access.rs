//! Names that are more than names, tokens in clear, and devices that reach for what is another's.

use std::time::Duration;

use edge_platform::{Config, Embedded, Server, Tokens};
use edge_proto::topic::{self, DeviceStream, Stream, Topic};
use edge_proto::{DeviceId, name};
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Channel, ConfigError, ConnectError, Host, Platform};
use edge_tests::Http;
use serde_json::json;

use super::chance;
use super::intruder::{Intruder, LISTENS, OTHER};
use super::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, SN};

#[tokio::test]
async fn s03_nothing_is_said_in_clear_to_another_machine_unless_that_is_asked_for() -> Result {
    const HERE: &str = "http://127.0.0.1:1";
    for host in [
        "10.0.0.1",
        "192.0.2.1",
        "broker.example.org",
        "[2001:db8::1]",
        "localhost.example.org",
        "127.0.0.1.nip.io",
    ] {
        for user in ["", "token@", "me:password@"] {
            let mqtt = format!("mqtt://{user}{host}:1883");
            let platform = || Platform::at(HERE, &mqtt).token("token");
            let error = platform().build().unwrap_err();
            assert!(matches!(error, ConfigError::Plaintext { .. }), "{mqtt}: {error}");
            assert!(
                !error.to_string().contains("token") && !error.to_string().contains("password"),
                "{error}"
            );
            platform().allow_plaintext().build()?;
            Platform::at(HERE, mqtt.replace("mqtt:", "mqtts:")).build()?;

            let cloud = || Platform::allthingstalk("token").http(HERE).mqtt(&mqtt);
            assert!(matches!(cloud().build(), Err(ConfigError::Plaintext { .. })), "{mqtt}");
            cloud().allow_plaintext().build()?;

            let mut config = Config::default();
            config.broker = Some(mqtt.parse()?);
            assert!(config.check().is_err(), "{mqtt}");
            assert!(Server::start(config).await.is_err(), "{mqtt}");
        }
        let http = format!("http://{host}:8010");
        let refused = [
            Platform::at(&http, "mqtt://127.0.0.1").token("token").build(),
            Platform::allthingstalk("token").http(&http).mqtt("mqtt://127.0.0.1").build(),
        ];
        for result in refused {
            assert!(matches!(result, Err(ConfigError::Plaintext { .. })), "{http}");
        }
    }
    for here in ["localhost", "LOCALHOST:1", "127.0.0.1", "127.200.3.4", "[::1]:7"] {
        Platform::at(HERE, format!("mqtt://me:password@{here}")).token("token").build()?;
    }
    Ok(())
}

/// Serial numbers and names that are none.
const NO_NAMES: [&str; 24] = [
    "",
    "+",
    "#",
    "/",
    "$",
    "$SYS",
    "a/b",
    "/a",
    "a/",
    "..",
    ".",
    "a b",
    " a",
    "a\0",
    "\0",
    "a\n",
    "\u{ffff}",
    "\u{202e}x",
    "%2f",
    "a%00",
    "\u{410}-1",
    "GH\u{2011}1",
    "a\u{301}",
    "*",
];

#[tokio::test(start_paused = true)]
async fn s05_what_is_no_name_is_an_error_before_anything_is_said() -> Result {
    let memory = MemoryPlatform::new();
    let long = "x".repeat(65);
    let longest = "x".repeat(65_536);
    let good = memory.platform().device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let (calls, connections) = (memory.calls(), memory.connections());
    for bad in NO_NAMES.into_iter().chain([&*long, &*longest]) {
        assert!(name::check(bad).is_err() && DeviceId::new(bad).is_err(), "{bad:?}");
        let device = memory.platform().device(bad, Greenhouse::new()).handler(Driver).connect().await;
        let error = device.map(drop).unwrap_err();
        assert!(matches!(error, ConnectError::Model(_)), "{bad:?}: {error:?}");
        let text = error.to_string();
        assert!(!text.contains(char::is_control) && text.len() < 70_000, "{text:?}");
        assert!(good.add_child(bad, Greenhouse::new()).handler(Driver).connect().await.is_err(), "{bad:?}");
        assert!(Host::new(&memory.platform(), bad).is_err(), "{bad:?}");
        assert!(memory.platform().plan::<Greenhouse>(bad).await.is_err(), "{bad:?}");
    }
    assert_eq!((memory.calls(), memory.connections()), (calls, connections), "nothing was said");
    within(60, good.close()).await??;
    Ok(())
}

#[tokio::test]
async fn s05_paths_that_hold_more_than_names_find_nothing() -> Result {
    let server = Embedded::start().await?;
    let long = "x".repeat(65);
    let http = Http::new(server.http_url());
    for bad in ["%2f", "a%2Fb", "..%2f..", "%00", "%e2%80%ae", "a%20b", "+", "%23", "$SYS", &long] {
        let (status, _) = http.get(&format!("/device/{bad}")).await?;
        assert!(status == 400 || status == 404, "{bad}: {status}");
    }
    assert_eq!(http.get("/devices").await?, (200, json!([])));
    within(60, server.close()).await?;
    Ok(())
}

/// A text of what names are made of, and of what they must not be.
fn nearly_name(random: &mut fastrand::Rng) -> String {
    const ODD: [char; 20] = [
        '+',
        '#',
        '/',
        '$',
        '\0',
        ' ',
        '.',
        '%',
        '\u{ffff}',
        '\u{202e}',
        '\u{200b}',
        '\n',
        '\u{410}',
        '\u{e9}',
        '*',
        '>',
        '\\',
        '\u{2011}',
        '\u{ff0f}',
        '\u{1f600}',
    ];
    let length = if random.u8(0..20) == 0 { random.usize(60..70) } else { random.usize(0..12) };
    (0..length)
        .map(|_| match random.u8(0..24) {
            0 => *random.choice(&ODD).unwrap(),
            1 => '_',
            2 => '-',
            _ => random.alphanumeric(),
        })
        .collect()
}

/// A topic has exactly its levels, or there is none.
fn names(seed: u64, count: usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut good = 0;
    for _ in 0..count {
        let (sn, asset) = (nearly_name(&mut random), nearly_name(&mut random));
        let is_name = |text: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            (1..=64).contains(&text.len()) && text.chars().all(is_plain)
        };
        assert_eq!(name::check(&asset).is_ok(), is_name(&asset), "{asset:?}");
        let Ok(id) = DeviceId::new(&sn) else {
            assert!(!is_name(&sn), "{sn:?}");
            assert_eq!(Topic::parse(&format!("device/{sn}/state")), None, "{sn:?}");
            continue;
        };
        assert!(is_name(&sn), "{sn:?}");
        let text = topic::device(&id, DeviceStream::Command);
        assert_eq!(text.split('/').collect::<Vec<_>>(), ["device", &*sn, "command"]);
        if name::check(&asset).is_ok() {
            good += 1;
            let text = topic::asset(&id, &asset, Stream::State);
            assert_eq!(text.split('/').collect::<Vec<_>>(), ["device", &*sn, "asset", &*asset, "state"]);
        }
    }
    println!("S05, seed {seed}: {count} pairs of names, {good} of them good");
    assert!(good > count / 10 && good < count * 9 / 10);
}

#[test]
fn s05_topics_have_exactly_the_levels_that_they_should() {
    names(1, 100_000);
}

#[test]
#[ignore = "long: a million names"]
fn s05_a_million_topics_have_exactly_the_levels_that_they_should() {
    names(chance::seed(), 1_000_000);
}

#[tokio::test]
async fn s06_a_device_neither_hears_another_nor_speaks_for_it() -> Result {
    let server = Embedded::start_with(|config| {
        let device = |sn| DeviceId::new(sn).unwrap();
        config.tokens =
            Tokens::default().with("all").with_device("one", device(SN)).with_device("two", device(OTHER));
    })
    .await?;
    let start = |sn: &'static str, token: &'static str| {
        let platform = Platform::at(server.connector_url(), server.mqtt_url()).token(token).build();
        async move {
            platform?
                .device(sn, Greenhouse::new())
                .handler(Driver)
                .connect()
                .await
                .map_err(Box::<dyn std::error::Error>::from)
        }
    };
    let (one, two) = (start(SN, "one").await?, start(OTHER, "two").await?);
    let mut intruder = Intruder::connect(server.mqtt(), "intruder", "one").await;
    for filter in LISTENS {
        assert!(!intruder.subscribe(filter).await, "`{filter}` was granted");
    }
    assert!(intruder.subscribe("device/GH-1/asset/+/state").await);
    // Two dots are a level like any other, below its own.
    assert!(intruder.subscribe("device/GH-1/../GH-2/state").await);

    intruder.speak_for_others().await;
    // What the other one says and hears meanwhile is its own.
    two.set_temperature(33.0).await?.delivered().await?;
    let applied = server.send_command(OTHER, "vent", json!(40), Duration::from_secs(20)).await?;
    assert_eq!(applied.status.to_string(), "applied");
    one.set_temperature(11.0).await?.delivered().await?;
    let value = |state: Option<edge_platform::StoredState>| state.map(|state| state.value.get().to_owned());
    let stored = async {
        while value(server.state(SN, "temperature").await.unwrap()).as_deref() != Some("11.0") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(30, stored).await?;
    assert_eq!(value(server.state(OTHER, "temperature").await?).as_deref(), Some("33.0"));
    let stats = two.stats();
    assert_eq!((two.vent(), stats.applied, stats.rejected, two.temperature()), (40, 1, 0, 33.0));
    let client = reqwest::Client::new();
    let url = format!("{}/device/GH-2", server.http_url());
    let text = client.get(url).bearer_auth("two").send().await?.text().await?;
    assert!(text.contains("online"), "{text}");

    // It did hear its own, and nothing but.
    let heard = within(30, intruder.heard("device/GH-1/asset/temperature/state")).await?;
    println!("S06: heard {heard:?}");
    assert!(heard.iter().all(|topic| topic.starts_with("device/GH-1/")), "{heard:?}");
    within(60, one.close()).await??;
    within(60, two.close()).await??;
    within(60, server.close()).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn s06_a_device_subscribes_to_its_own_topics_and_no_wider() -> Result {
    let world = World::new().await?;
    let own = ["GH-1", "GH-2", "GH-3", "DRONE-1"];
    let host = Host::new(&world.platform()?, "GATEWAY-1")?;
    let mut devices = Vec::new();
    for sn in &own[..3] {
        devices.push(host.device(*sn, Greenhouse::new()).handler(Driver).connect().await?);
    }
    let child = devices[0].add_child("DRONE-1", Greenhouse::new()).handler(Driver).connect().await?;
    let mut listeners = Vec::new();
    for channel in [Channel::Feed, Channel::State, Channel::Event] {
        listeners.push(child.listen(channel).await?);
    }
    let filters = world.broker.look(|ledger| {
        let subscribes = ledger.subscribes().flat_map(|(_, subscribe)| subscribe.filters.clone());
        subscribes.collect::<Vec<String>>()
    });
    println!("S06: {filters:?}");
    assert!(filters.len() >= 2 * own.len() + 3);
    for filter in &filters {
        let levels: Vec<&str> = filter.split('/').collect();
        assert!(levels[0] == "device" && own.contains(&levels[1]), "{filter}");
        let wild: Vec<usize> =
            (0..levels.len()).filter(|level| levels[*level].contains(['+', '#'])).collect();
        assert!(wild.is_empty() || (wild == [3] && levels[3] == "+" && levels.len() == 5), "{filter}");
    }
    world.end_with(async move { host.close().await }).await
}

#[tokio::test(start_paused = true)]
async fn s07_whose_a_command_is_says_the_topic_and_not_the_payload() -> Result {
    let world = World::new().await?;
    let host = Host::new(&world.platform()?, "GATEWAY-1")?;
    let mut devices = Vec::new();
    for sn in [SN, "GH-2"] {
        devices.push(host.device(sn, Greenhouse::new()).handler(Driver).connect().await?);
    }
    let spoofs = json!({
        "device": "GH-2", "deviceId": "GH-2", "device_id": "GH-2", "sn": "GH-2", "topic": "device/GH-2/asset/vent/command",
        "asset": "period", "owner": "GH-2", "via": "GH-2",
    });
    for (number, (member, spoof)) in spoofs.as_object().unwrap().iter().enumerate() {
        let mut payload = json!({ "id": format!("s{number}"), "value": number + 1 });
        payload[member] = spoof.clone();
        world.broker.publish("device/GH-1/asset/vent/command", payload.to_string());
        let topic = "device/GH-1/outcome";
        let id = format!("{{\"id\":\"s{number}\",\"status\":\"applied\"");
        let answered = world.broker.wait(|ledger| {
            let mut outcomes = ledger.publishes().filter(|(_, publish)| publish.topic == topic);
            outcomes.any(|(_, publish)| publish.text().starts_with(&id))
        });
        within(30, answered).await?;
        assert_eq!(usize::from(devices[0].vent()), number + 1, "{member}");
    }
    assert_eq!((devices[1].vent(), devices[1].period(), devices[1].stats().applied), (0, 60, 0));
    assert_eq!(devices[0].period(), 60);
    world.end_with(async move { host.close().await }).await
}

#[tokio::test]
async fn s07_whose_a_state_is_says_the_path_and_not_the_payload() -> Result {
    let server = Embedded::start_with(|config| config.auto_create = true).await?;
    let platform = Platform::at(server.connector_url(), server.mqtt_url()).build()?;
    let (one, two) = (
        platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?,
        platform.device("GH-2", Greenhouse::new()).handler(Driver).connect().await?,
    );
    let http = Http::new(server.http_url());
    let client = reqwest::Client::new();
    let url = format!("{}/device/{SN}/asset/temperature/state", server.http_url());
    let body = json!({ "value": 5.5, "device": "GH-2", "id": "GH-2", "asset": "humidity" });
    assert_eq!(client.put(url).json(&body).send().await?.status().as_u16(), 200);
    http.wait_for_state(SN, "temperature", |value| *value == 5.5).await;
    let (_, other) = http.get("/device/GH-2/asset/temperature/state").await?;
    assert_eq!(other["state"]["value"], 20.0, "{other}");
    within(60, one.close()).await??;
    within(60, two.close()).await??;
    within(60, server.close()).await?;
    Ok(())
}
