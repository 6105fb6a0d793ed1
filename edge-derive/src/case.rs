//! Names in other cases: `rename_all`, and names in words.

/// How names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// The values of `rename_all`, as in serde.
pub(crate) const CASES: [(&str, Case); 8] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    /// The identifier `name` in this case.
    pub(crate) fn apply(self, name: &str) -> String {
        let (lower, upper) = (str::to_lowercase, str::to_uppercase);
        match self {
            Self::Lower => lower(name),
            Self::Upper => upper(name),
            Self::Pascal => words(name).iter().map(|word| capitalised(&lower(word))).collect(),
            Self::Camel => uncapitalised(&Self::Pascal.apply(name)),
            Self::Snake => lower(&words(name).join("_")),
            Self::ScreamingSnake => upper(&words(name).join("_")),
            Self::Kebab => lower(&words(name).join("-")),
            Self::ScreamingKebab => upper(&words(name).join("-")),
        }
    }
}

/// The identifier as people write it: `soil_moisture` and `SoilMoisture` are `Soil moisture`,
/// `CO2Sensor` is `CO2 sensor`.
pub(crate) fn in_words(name: &str) -> String {
    let words: Vec<String> = words(name).iter().map(|word| ordinary(word)).collect();
    capitalised(&words.join(" "))
}

/// In lower case, unless it is an abbreviation.
fn ordinary(word: &str) -> String {
    let abbreviation = word.chars().filter(|c| c.is_uppercase()).count() > 1;
    if abbreviation { word.to_owned() } else { word.to_lowercase() }
}

fn capitalised(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn uncapitalised(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

/// The words of an identifier in whatever case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if matches!(c, '_' | '-') || starts_word(&chars, i) {
            words.push(String::new());
        }
        if !matches!(c, '_' | '-') {
            words.last_mut().expect("there is always one").push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A capital after a small letter or a digit; the last capital of a row, before a small letter.
fn starts_word(chars: &[char], i: usize) -> bool {
    let Some(&before) = i.checked_sub(1).and_then(|i| chars.get(i)) else { return false };
    let small_follows = chars.get(i + 1).is_some_and(|c| c.is_lowercase());
    chars[i].is_uppercase() && (!before.is_uppercase() || small_follows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: [&str; 8]) {
        assert_eq!(CASES.map(|(_, case)| case.apply(name)), expected);
    }

    #[test]
    fn names_of_fields_and_of_variants() {
        check(
            "soil_moisture",
            [
                "soil_moisture",
                "SOIL_MOISTURE",
                "SoilMoisture",
                "soilMoisture",
                "soil_moisture",
                "SOIL_MOISTURE",
                "soil-moisture",
                "SOIL-MOISTURE",
            ],
        );
        check(
            "FanOnly2",
            [
                "fanonly2",
                "FANONLY2",
                "FanOnly2",
                "fanOnly2",
                "fan_only2",
                "FAN_ONLY2",
                "fan-only2",
                "FAN-ONLY2",
            ],
        );
    }

    #[test]
    fn names_in_words() {
        for (name, expected) in [
            ("soil_moisture", "Soil moisture"),
            ("vpd", "Vpd"),
            ("AirQualityStation", "Air quality station"),
            ("CO2Sensor", "CO2 sensor"),
            ("HTTPServer", "HTTP server"),
            ("_x", "X"),
            ("_", ""),
        ] {
            assert_eq!(in_words(name), expected);
        }
    }
}
