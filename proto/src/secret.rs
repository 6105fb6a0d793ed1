//! A text that must not be seen: tokens and passwords. Not in `Debug`, not in errors, not in logs.

use std::fmt;

/// A secret text. It compares in constant time, and `Debug` shows that there is one, not what it is.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `presented` is this text. How long it takes says nothing about where they differ; that
    /// the lengths differ can be seen.
    pub fn matches(&self, presented: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), presented.as_bytes());
        let difference = own.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
        own.len() == other.len() && std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_itself_only_and_is_not_shown() {
        let secret = Secret::new("maker:4Example");
        assert!(secret.matches("maker:4Example"));
        for other in ["", "maker:4Exampl", "maker:4Examplf", "maker:4Example "] {
            assert!(!secret.matches(other), "{other:?}");
        }
        assert_eq!(format!("{secret:?}"), "[redacted]");
    }
}
