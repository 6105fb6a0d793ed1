//! Limits that are expressions: what the derives ask of them while the user's crate is compiled.

use edge_proto::Number;

/// Stops the compilation at the caller's words.
#[track_caller]
pub const fn require(condition: bool, message: &str) {
    if !condition {
        panic!("{}", message);
    }
}

/// A type of which a limit can be.
#[diagnostic::on_unimplemented(
    message = "a limit is a number, and this is a `{Self}`",
    label = "not a number",
    note = "limits are integers and floats, of whatever type"
)]
pub trait IsANumber: Copy {
    /// Itself. Of a type that is no number rustc does not know it, and says no more of what is done with it.
    type Same;

    /// Whether it is a float of 32 bits.
    const IS_SINGLE: bool = false;
}

macro_rules! numbers {
    ($($number:ty)*) => { $(
        impl IsANumber for $number {
            type Same = Self;
        }
    )* };
}

numbers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f64);

impl IsANumber for f32 {
    type Same = Self;
    const IS_SINGLE: bool = true;
}

/// Whether a number is a float of 32 bits.
pub const fn is_of_single<T: IsANumber>(_: &T) -> bool {
    T::IS_SINGLE
}

/// The value of an expression of a type that is known: of an `f32`, as it is written. Widened, `0.1f32` is
/// 0.10000000149011612.
pub const fn typed_limit(integer: i128, float: f64, is_single: bool) -> Number {
    match limit(integer, float) {
        Number::Integer(value) if is_single => Number::Integer(shortest_whole(value)),
        Number::Float(value) if is_single => Number::Float(shortest(value)),
        number => number,
    }
}

/// The whole number with the fewest digits that is the same `f32`.
const fn shortest_whole(value: i128) -> i128 {
    let mut power = 10_i128.pow(38);
    while power > 1 {
        let (quotient, rest) = (value / power, value % power);
        let up = if rest.abs() >= power / 2 { rest.signum() } else { 0 };
        if let Some(candidate) = (quotient + up).checked_mul(power)
            && candidate as f32 == value as f32
        {
            return candidate;
        }
        power /= 10;
    }
    value
}

/// The number with the fewest digits that is the same `f32`; itself, if it has more places than most have.
const fn shortest(value: f64) -> f64 {
    let mut power = 1.0;
    let mut places = 0;
    while places <= EXACT_POWERS {
        let digits = (value * power).round();
        let candidate = digits / power;
        if digits.abs() <= EXACT_DIGITS && candidate as f32 == value as f32 {
            return candidate;
        }
        power *= 10.0;
        places += 1;
    }
    value
}

/// So many powers of ten, and so many whole numbers, are exact as floats: what is divided then is rounded once.
const EXACT_POWERS: usize = 22;
const EXACT_DIGITS: f64 = 9_007_199_254_740_992.0;

/// The value of an expression of whatever numeric type: exact if it is an integer.
pub const fn limit(integer: i128, float: f64) -> Number {
    if integer as f64 == float { Number::Integer(integer) } else { Number::Float(float) }
}

/// Whether it is no fraction.
pub const fn is_whole(number: Number) -> bool {
    matches!(number, Number::Integer(_))
}

/// Whether it is neither infinite nor NaN.
pub const fn is_finite(number: Number) -> bool {
    match number {
        Number::Integer(_) => true,
        Number::Float(value) => value.is_finite(),
    }
}

/// Whether a float of 32 bits can hold it, rounded; the greatest one is written a little greater than it is.
pub const fn is_single(number: Number) -> bool {
    !is_finite(number) || (float(number) as f32).is_finite()
}

/// Whether an integer type can hold it; whether it is an integer is another question.
pub const fn is_within(number: Number, least: i128, greatest: i128) -> bool {
    match number {
        Number::Integer(value) => least <= value && value <= greatest,
        Number::Float(_) => true,
    }
}

/// Whether there is something between them.
pub const fn is_ordered(min: Number, max: Number) -> bool {
    match (min, max) {
        (Number::Integer(min), Number::Integer(max)) => min <= max,
        // What is no number has an error of its own.
        (min, max) => !is_finite(min) || !is_finite(max) || float(min) <= float(max),
    }
}

/// Whether it is greater than 0.
pub const fn is_positive(number: Number) -> bool {
    !is_finite(number) || float(number) > 0.0
}

/// Whether it is a whole multiple of a step, as it is when a value is set. What is no step, or no number, has an error of its own.
pub const fn is_multiple(number: Number, step: Number) -> bool {
    if let (Number::Integer(number), Number::Integer(step)) = (number, step) {
        return step <= 0 || number % step == 0;
    }
    let ratio = float(number) / float(step);
    !ratio.is_finite() || (ratio - ratio.round()).abs() <= TOLERANCE * ratio.abs().max(1.0)
}

/// The limit that an `f32` is held against: as an `f32`, too, where the number may be one. What the device says of it is
/// its shortest decimal, of which a constant is not; widened, `0.7f32` is less than 0.7.
pub const fn beside(limit: Number, number: Number) -> Number {
    if may_be_single(number) { Number::Float(float(limit) as f32 as f64) } else { limit }
}

/// As [`is_multiple`], of what may be an `f32`: allows for its rounding, too.
pub const fn is_near_multiple(number: Number, step: Number) -> bool {
    if !may_be_single(number) {
        return is_multiple(number, step);
    }
    let ratio = float(number) / float(step);
    !ratio.is_finite() || (ratio - ratio.round()).abs() <= f32::EPSILON as f64 * ratio.abs().max(1.0)
}

/// Whether it may have been an `f32` before it was widened.
const fn may_be_single(number: Number) -> bool {
    match number {
        Number::Integer(_) => false,
        Number::Float(value) => value as f32 as f64 == value,
    }
}

/// How far from a whole number the quotient of floats may be, as in edge-proto.
const TOLERANCE: f64 = 1e-9;

/// Whether there is a whole multiple of a step from one to the other.
pub const fn has_multiple(min: Number, max: Number, step: Number) -> bool {
    if !is_positive(step) || !is_ordered(min, max) {
        return true;
    }
    if let (Number::Integer(min), Number::Integer(max), Number::Integer(step)) = (min, max, step) {
        return max.div_euclid(step) * step >= min;
    }
    let (first, last) = (float(min) / float(step), float(max) / float(step));
    let slack = TOLERANCE * first.abs().max(last.abs()).max(1.0);
    !first.is_finite() || !last.is_finite() || (last + slack).floor() >= first - slack
}

/// As a float, rounded where it must be.
pub const fn float(number: Number) -> f64 {
    match number {
        Number::Integer(value) => value as f64,
        Number::Float(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_last_digits() {
        let greatest = u64::MAX;
        assert_eq!(limit(greatest.into(), greatest as f64), Number::Integer(greatest.into()));
        assert_eq!(limit(0, 0.5), Number::Float(0.5));
        assert_eq!(limit(i128::MAX, 1e300), Number::Float(1e300));
        assert!(!is_whole(limit(0, f64::NAN)));
    }

    #[test]
    fn one_mistake_is_one_error() {
        let nan = Number::Float(f64::NAN);
        assert!(!is_finite(nan) && is_ordered(nan, Number::Integer(1)) && is_positive(nan));
        assert!(is_within(Number::Float(0.5), 1, 5) && !is_whole(Number::Float(0.5)));
    }

    #[test]
    fn steps_are_counted_from_zero() {
        let (half, tenth) = (Number::Float(0.5), Number::Float(0.1));
        for (number, step) in [(Number::Integer(-10), Number::Integer(5)), (Number::Float(0.3), tenth)] {
            assert!(is_multiple(number, step) && number.is_multiple_of(step));
        }
        for (number, step) in [(Number::Integer(3), Number::Integer(5)), (Number::Float(0.75), half)] {
            assert!(!is_multiple(number, step) && !number.is_multiple_of(step));
        }
        let between = |min, max, step| has_multiple(Number::Integer(min), Number::Integer(max), step);
        assert!(between(-7, -5, Number::Integer(5)) && !between(-4, -1, Number::Integer(5)));
        assert!(between(1, 1, half) && !between(1, 4, Number::Float(4.5)));
        assert!(between(5, 1, half), "the order has an error of its own");
    }

    /// `0.3f32` is 0.30000001192.. as an `f64`, and was no multiple of 0.1.
    #[test]
    fn a_single_is_held_against_limits_as_what_it_is_written_as() {
        let single = |value: f32| Number::Float(value.into());
        for (value, limit) in [(0.1, 0.1), (0.7, 0.7), (123_456_789.0, 123_456_790.0)] {
            let (value, limit) = (single(value), Number::Float(limit));
            let limit = beside(limit, value);
            assert!(is_ordered(limit, value) && is_ordered(value, limit), "{value} {limit}");
        }
        assert!(!is_ordered(single(0.2), beside(Number::Float(0.1), single(0.2))));
        let tenth = Number::Float(0.1);
        assert!(is_near_multiple(single(0.3), tenth) && !is_multiple(single(0.3), tenth));
        assert!(!is_near_multiple(single(0.35), tenth) && !is_near_multiple(Number::Float(0.35), tenth));
        let exact = Number::Integer(u64::MAX.into());
        assert_eq!(beside(exact, exact), exact);
    }

    #[test]
    fn a_limit_of_32_bits_is_what_it_is_written_as() {
        let limit = |value: f32| typed_limit(value as i128, value.into(), is_of_single(&value));
        for written in ["0.1", "-0.1", "0.7", "1.1", "123456.7", "-40.5", "0.000001", "16777215.5"] {
            let single: f32 = written.parse().unwrap();
            let expected: f64 = single.to_string().parse().unwrap();
            assert_eq!(float(limit(single)), expected, "{written}");
        }
        for (whole, exact) in [(0.0, 0), (5.0, 5), (-40.0, -40), (16_777_215.0, 16_777_215)] {
            assert_eq!(limit(whole), Number::Integer(exact));
        }
        for (great, exact) in
            [(123_456_789.0, 123_456_790), (-1e30, -10_i128.pow(30)), (1e38, 10_i128.pow(38))]
        {
            assert_eq!(limit(great), Number::Integer(exact));
        }
        assert_eq!(float(limit(f32::MAX)), f64::from(f32::MAX));
        // Too small for a division that is exact: as it is.
        assert_eq!(limit(f32::MIN_POSITIVE), Number::Float(f32::MIN_POSITIVE.into()));
        assert!(!is_finite(limit(f32::NAN)) && !is_finite(limit(f32::INFINITY)));
        // Of 64 bits, it has the digits that it has.
        let wide = f64::from(0.1f32);
        assert_eq!(typed_limit(0, wide, is_of_single(&wide)), Number::Float(wide));
    }

    #[test]
    fn the_greatest_single_is_one_as_it_is_written() {
        for value in [f32::MAX.into(), 3.4028235e38, -3.4028235e38] {
            assert!(is_single(Number::Float(value)), "{value}");
        }
        assert!(!is_single(Number::Float(3.4028237e38)) && !is_single(Number::Float(-1e39)));
    }

    #[test]
    fn limits_are_compared_exactly() {
        let (low, high) = (Number::Integer(u64::MAX as i128 - 1), Number::Integer(u64::MAX as i128));
        assert!(is_ordered(low, high) && !is_ordered(high, low));
        assert!(is_ordered(Number::Float(0.5), Number::Integer(1)));
        assert!(!is_positive(Number::Integer(0)) && is_positive(Number::Float(0.1)));
    }
}
