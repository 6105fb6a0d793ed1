//! What an asset begins with when nothing says so: not set where that can be, otherwise zero, empty or the first of a list, or what
//! is nearest to it.

use edge_proto::{Number, Profile, ValueType};
use serde_json::{Map, Value, json};

/// A value of the profile, or one that is none where there is none so simple.
pub(super) fn of(profile: &Profile) -> Value {
    if profile.nullable {
        return Value::Null;
    }
    match profile.value_type {
        ValueType::Boolean => false.into(),
        ValueType::Integer | ValueType::Number => number(profile),
        ValueType::String => text(profile).into(),
        ValueType::Array => Value::Array(Vec::new()),
        ValueType::Object => {
            let members = profile.properties.iter().map(|(name, member)| (name.clone(), of(member)));
            members.collect::<Map<_, _>>().into()
        }
    }
}

fn number(profile: &Profile) -> Value {
    let zero = Number::Integer(0);
    let nearest = match (profile.minimum, profile.maximum) {
        (Some(minimum), _) if minimum > zero => stepped(minimum, profile.step, f64::ceil),
        (_, Some(maximum)) if maximum < zero => stepped(maximum, profile.step, f64::floor),
        _ => zero,
    };
    json!(nearest)
}

/// The next multiple of the step.
fn stepped(number: Number, step: Option<Number>, round: fn(f64) -> f64) -> Number {
    match (number, step) {
        (_, None) => number,
        (number, Some(step)) if number.is_multiple_of(step) => number,
        (number, Some(step)) => Number::Float(round(number.as_f64() / step.as_f64()) * step.as_f64()),
    }
}

fn text(profile: &Profile) -> String {
    let of_format = match profile.format.as_deref() {
        Some("date-time") => "1970-01-01T00:00:00Z",
        Some("duration") => "PT0S",
        Some("uuid") => "00000000-0000-0000-0000-000000000000",
        Some("uri") => "about:blank",
        _ => "",
    };
    profile.allowed.first().cloned().unwrap_or_else(|| of_format.to_owned())
}

#[cfg(test)]
mod tests {
    use edge_proto::Limits;

    use super::*;

    #[track_caller]
    fn check(profile: Profile, expected: Value) {
        let zero = of(&profile);
        assert_eq!(zero, expected);
        profile.check(&zero).unwrap();
    }

    #[test]
    fn zero_is_a_value() {
        let new = Profile::new;
        let within = |minimum: i128, maximum: i128, step: Option<i128>| {
            let limits = Limits {
                minimum: Some(Number::Integer(minimum)),
                maximum: Some(Number::Integer(maximum)),
                step: step.map(Number::Integer),
            };
            new(ValueType::Integer).with_limits(limits)
        };
        check(new(ValueType::Boolean), json!(false));
        check(within(-5, 5, None), json!(0));
        check(within(3, 9, None), json!(3));
        check(within(3, 9, Some(5)), json!(5));
        check(within(-9, -3, Some(5)), json!(-5));
        check(Profile { nullable: true, ..within(3, 9, None) }, Value::Null);
        check(Profile { allowed: vec!["eco".to_owned()], ..new(ValueType::String) }, json!("eco"));
        let at =
            Profile { properties: [("a".to_owned(), within(3, 9, None))].into(), ..new(ValueType::Object) };
        check(at, json!({"a": 3}));
        check(new(ValueType::Array), json!([]));
    }
}
