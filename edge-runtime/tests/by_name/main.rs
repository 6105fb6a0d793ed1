//! What a device does by names, with a struct and without one: every test is run for both.

#![allow(clippy::unwrap_used, reason = "in tests; clippy sees only the functions marked #[test]")]

mod rules;
mod world;

use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::types::Timestamp;
use edge_runtime::{
    AccessError, Alert, Change, DynamicDevice, ErrorCause, Kind, ModelDocument, PipelineError, Refusal,
    SetError, Value,
};
use serde_json::json;
use tokio::time::sleep;

use crate::world::{ALL, Hot, SN, TestResult, World, soon};

#[tokio::test]
async fn v12_who_observes_by_name_sees_every_state_with_the_one_before() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let device = &world.device;
        let (mut temperatures, mut valves, mut computed) =
            (device.observe("temp")?, device.observe("valve")?, device.observe("twice")?);
        let at: Timestamp = "2031-02-03T04:05:06Z".parse()?;
        device.set("temperature", 21.5).at(at).await?;
        let seen = temperatures.recv().await.unwrap();
        assert_eq!((seen.previous, seen.value, seen.at, seen.missed), (json!(20.0), json!(21.5), at, 0));
        // What its policy does not tell is the device's all the same.
        device.begin().set("temp", 21.6)?.set("valve", 10)?.finish().await?;
        world.command("asset/valve/command", json!({"value": 95}), "a").await;
        assert!(device.set("valve", 101).await.is_err());
        world.command("asset/valve/command", json!({"value": 13}), "b").await;
        assert_eq!(temperatures.recv().await.unwrap().value, 21.6);
        for (observer, expected) in
            [(&mut valves, [(0, 10), (10, 90)]), (&mut computed, [(0, 20), (20, 180)])]
        {
            for (previous, value) in expected {
                let seen = observer.recv().await.unwrap();
                assert_eq!((seen.previous, seen.value), (json!(previous), json!(value)), "{made:?}");
            }
        }
        let unknown = device.observe("tmperature").unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "device `B-1` has no asset `tmperature`, did you mean `temperature`?"
        );
        device.close().await?;
        assert!(temperatures.recv().await.is_none() && valves.recv().await.is_none());
        assert!(device.observe("valve")?.recv().await.is_none(), "closed is closed");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v42_what_is_offered_by_name_goes_through_the_pipeline() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let device = &world.device;
        // The one that it was started with.
        assert!(device.offer("level", -1.0).await?.is_none());
        device.offer("level", 30.0).await?.unwrap().delivered().await?;
        assert_eq!((world.get("level"), world.told("level")), (json!(15.0), vec![json!(15.0)]));
        let error = device.offer("level", 300.0).await.unwrap_err();
        assert!(
            matches!(
                &error,
                AccessError::Set(SetError::Refused { refusal: Refusal::AboveMaximum { .. }, .. })
            ),
            "{made:?}: {error}"
        );
        // Others, at run time, by alias as well. An integer may be offered where numbers are.
        let hot = Pipeline::<f64>::new()
            .alert_when(|v| *v > 90.0, |v| Hot { temperature: *v })
            .filter(|v| v.current("plain") == Some(0.0));
        device.set_pipeline("temp", hot)?;
        let at: Timestamp = "2031-02-03T04:05:06Z".parse()?;
        assert!(device.offer("temperature", 95).at(at).await?.is_some());
        assert_eq!((world.get("temp"), device.last_known("temp")?.at), (json!(95.0), at));
        let alert = world.memory.message(|message| message.topic.ends_with("/alert")).await;
        assert!(alert.text().contains(r#""value":{"temperature":95.0}"#), "{}", alert.text());
        device.set("plain", 1.0).await?;
        assert!(device.offer("temp", 20.0).await?.is_none());
        // Windows end by themselves.
        let ten = Duration::from_secs(10);
        device.set_pipeline("plain", Pipeline::<f64>::new().mean(ten, ten))?;
        for value in [10.0, 20.0] {
            assert!(device.offer("plain", value).await?.is_none());
        }
        let mut plain = device.observe("plain")?;
        assert_eq!(soon(plain.recv()).await.unwrap().value, 15.0);
        device.clear_pipeline("plain")?;
        assert!(device.offer("plain", 7.0).await?.is_some(), "as a setter");
        device.close().await?;
        assert!(matches!(device.offer("plain", 7.0).await, Err(AccessError::Set(SetError::Closed { .. }))));
    }
    Ok(())
}

#[tokio::test]
async fn v42_what_cannot_be_offered_and_pipelines_that_cannot_be_are_refused() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let device = &world.device;
        let error = device.offer("lvel", 1.0).await.unwrap_err();
        assert!(matches!(&error, AccessError::UnknownAsset { nearest: Some(name), .. } if name == "level"));
        let error = device.offer("twice", 1).await.unwrap_err();
        assert!(matches!(error, AccessError::NotSettable { kind: Kind::Virtual, .. }), "{error}");
        for value in [json!("1"), json!(null), json!(true)] {
            let error = device.offer("level", value).await.unwrap_err();
            assert!(matches!(error, AccessError::Set(SetError::Refused { .. })), "{error}");
        }
        assert!(device.offer("level", f64::NAN).await.is_err());
        let error = device.set_pipeline("level", Pipeline::<i64>::new()).unwrap_err();
        assert_eq!(error.to_string(), "device `B-1`, asset `level`: its values are no `i64`", "{made:?}");
        #[derive(Alert)]
        struct Cold {
            temperature: f64,
        }
        let cold = Pipeline::<f64>::new().alert_when(|_| true, |v| Cold { temperature: *v });
        let error = device.set_pipeline("level", cold).unwrap_err();
        assert!(matches!(error, PipelineError::Undeclared { alert: "cold", .. }), "{error}");
        assert!(device.offer("level", -1.0).await?.is_none(), "the old one stays");
        device.close().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v13_v15_on_change_hears_a_whole_command_and_may_refuse_it() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let several = |valve: u64, limit: u64| json!({"values": {"limit": limit, "valve": valve}});
        let outcome = world.command("asset/valve/command", json!({"value": 95}), "a").await;
        assert_eq!((&outcome["status"], &outcome["value"]), (&json!("applied"), &json!(90)), "{made:?}");
        assert_eq!(world.notes.take(), ["valve 0->95, is 0", "all of B-1: valve 0->90"]);
        world.command("command", several(10, 5), "b").await;
        let heard = world.notes.take();
        assert_eq!(
            heard,
            ["limit 0->5, is 0", "valve 90->10, is 90", "all of B-1: limit 0->5, valve 90->10"]
        );
        // Refused by it, nothing of the command is so.
        for (id, limit, status, reason) in [
            ("c", 14, "rejected", "nothing with 14"),
            ("d", 66, "failed", "`on_change`: the handler panicked"),
        ] {
            let outcome = world.command("command", several(20, limit), id).await;
            assert_eq!((&outcome["status"], &outcome["reason"]), (&json!(status), &json!(reason)));
            assert_eq!(world.notes.take().len(), 3, "both, and the veto");
            assert_eq!((world.get("valve"), world.get("limit")), (json!(10), json!(5)));
        }
        // Refused before, it is not asked.
        let outcome = world.command("command", several(13, 6), "e").await;
        assert_eq!((&outcome["status"], world.notes.take().len()), (&json!("rejected"), 2));
        // What is so already is not handled.
        world.device.set("limit", 5).await?;
        world.command("command", json!({"values": {"limit": 6, "valve": 10}}), "f").await;
        world.notes.take();
        world.command("command", json!({"values": {"limit": 6, "valve": 10}}), "g").await;
        assert_eq!(world.notes.take(), [""; 0], "{:?}", world.made);
        let outcome = world.command("asset/limit/command", json!({"value": 77}), "h").await;
        assert_eq!(outcome["reason"], "`limit`: the handler did not finish within 1s", "as its rules say");
        world.device.close().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v18_on_error_hears_what_was_not_delivered() -> TestResult {
    for made in ALL {
        let memory = MemoryPlatform::new();
        memory.set_registry_away(true);
        let world = World::start_on(made, memory, true).await?;
        let (device, mut errors) = (&world.device, world.device.errors());
        device.set("power", 1.5).await?;
        let error = soon(errors.recv()).await.unwrap();
        assert!(matches!(error.cause, ErrorCause::Dropped), "{made:?}: {error}");
        for value in 1..=2 {
            device.set("newest", value).await?;
        }
        assert_eq!(soon(errors.recv()).await.unwrap().value("newest"), Some(&json!(1)));
        device.set("late", 5).await?;
        sleep(Duration::from_secs(61)).await;
        let error = soon(errors.recv()).await.unwrap();
        assert!(matches!(error.cause, ErrorCause::Expired), "{error}");
        assert_eq!(error.value("late"), Some(&json!(5)));
        let _ = device.close().await;
        let heard = world.notes.take();
        let dropped = |asset: &str| {
            format!(
                "error of B-1: device `B-1`, states of `{asset}`: dropped: no room or no connection for it"
            )
        };
        assert_eq!(heard[..2], [dropped("power"), dropped("newest")]);
        assert!(heard[2].ends_with("states of `late`: expired before it could be sent"), "{heard:?}");
    }
    Ok(())
}

/// A handler that does not care is told once, and no more.
#[tokio::test(start_paused = true)]
async fn v18_a_closure_hears_no_errors_and_nothing_waits_for_it() -> TestResult {
    let memory = MemoryPlatform::new();
    let builder = memory.platform().dynamic_device(SN, &ModelDocument::new("urn:x", "X"))?;
    let handler = async |_: DynamicDevice, _: String, change: Change<Value>| Ok(change.value);
    let device = builder.handler(handler).connect().await?;
    let mut errors = device.errors();
    for _ in 0..2 {
        memory.cut();
        assert!(matches!(soon(errors.recv()).await.unwrap().cause, ErrorCause::Disconnected(_)));
        while !device.is_online() {
            sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(device.close().await?)
}
