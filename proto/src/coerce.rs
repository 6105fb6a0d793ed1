//! Texts that stand for a number or a boolean: what is sent by systems that write every value as a text.

use serde_json::Value;

use crate::profile::{Profile, ValueType};

impl Profile {
    /// The number or boolean that a text stands for, where the profile wants one: the text must be exactly
    /// its JSON. `None`: the value is to be taken as it is.
    ///
    /// ```
    /// # use edge_proto::{Profile, ValueType};
    /// # use serde_json::json;
    /// assert_eq!(Profile::new(ValueType::Number).coerce(&json!("23.5")), Some(json!(23.5)));
    /// assert_eq!(Profile::new(ValueType::String).coerce(&json!("23.5")), None);
    /// ```
    pub fn coerce(&self, value: &Value) -> Option<Value> {
        let text = value.as_str()?;
        match self.value_type {
            ValueType::Boolean | ValueType::Integer | ValueType::Number => {}
            ValueType::String | ValueType::Object | ValueType::Array => return None,
        }
        // JSON allows blanks around a value.
        if text.contains(char::is_whitespace) {
            return None;
        }
        serde_json::from_str(text).ok().filter(|value| self.value_type.admits(value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value_type: ValueType, text: &str, expected: Option<Value>) {
        assert_eq!(Profile::new(value_type).coerce(&json!(text)), expected, "{text}");
    }

    #[test]
    fn a_text_that_is_exactly_the_value_is_the_value() {
        check(ValueType::Number, "-1.0E3", Some(json!(-1000.0)));
        check(ValueType::Integer, "36", Some(json!(36)));
        check(ValueType::Boolean, "true", Some(json!(true)));
    }

    #[test]
    fn all_else_is_left_to_the_check() {
        for text in
            ["", "NaN", "Infinity", "1e999", " 1", "1\n", "0x10", "1,5", "true", "\"1\"", "[1]", "null"]
        {
            check(ValueType::Number, text, None);
        }
        check(ValueType::Integer, "1.5", None);
        check(ValueType::Boolean, "True", None);
        check(ValueType::Boolean, "1", None);
        assert_eq!(Profile::new(ValueType::Boolean).coerce(&json!(1)), None);
    }
}
