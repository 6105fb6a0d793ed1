//! `min`, `max` and `step`: numbers that the macro can compare, or expressions that only rustc can.

use std::cmp::Ordering;
use std::fmt;

use proc_macro2::Ident;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::attribute::{Entry, Given, key, peel};
use crate::diagnostics::Diagnostics;

/// The limits of one asset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) min: Option<Bound>,
    pub(crate) max: Option<Bound>,
    pub(crate) step: Option<Bound>,
}

/// One limit.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) key: Ident,
    /// As it is written.
    pub(crate) expr: Expr,
    pub(crate) number: Number,
}

/// The value of a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i128),
    Float(f64),
    /// An expression that is no literal.
    Unknown,
}

impl Limits {
    pub(super) fn read(given: &mut Given, diagnostics: &mut Diagnostics) -> Self {
        let mut bound = |key| given.take(key).and_then(|entry| Bound::read(entry, diagnostics));
        Self { min: bound(key::MIN), max: bound(key::MAX), step: bound(key::STEP) }
    }

    /// Those that are given.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = &Bound> {
        [&self.min, &self.max, &self.step].into_iter().flatten()
    }
}

/// As in the docs of a profile: `0..100`; empty when there are none.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bound: &Option<Bound>| bound.as_ref().map(Bound::text).unwrap_or_default();
        if self.min.is_some() || self.max.is_some() {
            write!(f, "{}..{}", text(&self.min), text(&self.max))?;
        }
        Ok(())
    }
}

impl Bound {
    pub(super) fn read(entry: Entry, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Entry { key, value } = entry;
        let expr = peel(value.as_ref()?).clone();
        match number(&expr) {
            Ok(number) => Some(Self { key, expr, number }),
            Err(problem) => {
                let is_limit = [key::MIN, key::MAX, key::STEP].iter().any(|word| key == word);
                let unit = unit(&expr).filter(|_| is_limit);
                let unit = unit.map(|unit| format!("; a unit is given by `unit = \"{unit}\"`"));
                let problem = multiple(&key, &expr).unwrap_or(problem);
                diagnostics.over(&expr, format_args!("`{key}` {problem}{}", unit.unwrap_or_default()));
                None
            }
        }
    }

    /// As it is written.
    pub(crate) fn text(&self) -> String {
        match self.number {
            Number::Integer(value) => value.to_string(),
            Number::Float(value) => value.to_string(),
            Number::Unknown => crate::expand::written(&self.expr),
        }
    }

    /// For a message that says what is wrong with it.
    pub(crate) fn found(&self) -> String {
        match self.number {
            Number::Integer(value) => value.to_string(),
            // A float without a fraction is to be seen as one.
            Number::Float(_) | Number::Unknown => crate::expand::written(&self.expr),
        }
    }
}

impl Number {
    /// Whether no float of 32 bits is near it; the greatest one is written a little greater than it is.
    pub(crate) fn is_beyond_single(self) -> bool {
        self.as_f64().is_some_and(|value| !(value as f32).is_finite())
    }

    fn as_f64(self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            Self::Unknown => None,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(&b)),
            (a, b) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        }
    }
}

/// The number that is written, or what is written instead.
fn number(expr: &Expr) -> Result<Number, String> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => literal(lit),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match (peel(expr), number(peel(expr))?) {
            (Expr::Lit(_), Number::Integer(value)) => Ok(Number::Integer(-value)),
            (Expr::Lit(_), Number::Float(value)) => Ok(Number::Float(-value)),
            _ => Ok(Number::Unknown),
        },
        Expr::Assign(_) => Err("is a number, found an assignment; a comma may be missing".to_owned()),
        // `min = -40..85`: whatever is meant, it is not a number, and rustc would say so of each way to read one.
        Expr::Range(_) | Expr::Array(_) | Expr::Tuple(_) | Expr::Closure(_) | Expr::Reference(_) => {
            Err(format!("is one number, found {}", crate::attribute::found(expr)))
        }
        _ => Ok(Number::Unknown),
    }
}

/// The types that a number may say to be of.
const TYPES: [&str; 15] = [
    "", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64",
];

/// What may be meant for the unit.
fn unit(expr: &Expr) -> Option<String> {
    let Expr::Lit(ExprLit { lit, .. }) = expr else { return None };
    suffixed(lit).map(|(_, suffix)| suffix.to_owned())
}

/// What to write for `64K`, of which only `64` would be left without the `K`.
fn multiple(key: &Ident, expr: &Expr) -> Option<String> {
    let Expr::Lit(ExprLit { lit, .. }) = expr else { return None };
    let (number, suffix) = suffixed(lit)?;
    let thousand = match key {
        key if key == key::CAPACITY => "1000",
        key if key == key::CAPACITY_BYTES => "1024",
        _ => return None,
    };
    let times = match suffix.to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        _ => return None,
    };
    let product = format!("{number}{}", format!(" * {thousand}").repeat(times));
    Some(format!("is a number, found `{number}{suffix}`; write `{product}`"))
}

/// The digits and what is behind them, if that is no type: `40C`.
pub(super) fn suffixed(lit: &Lit) -> Option<(&str, &str)> {
    let (digits, suffix) = match lit {
        Lit::Int(integer) => (integer.base10_digits(), integer.suffix()),
        Lit::Float(float) => (float.base10_digits(), float.suffix()),
        _ => return None,
    };
    (!TYPES.contains(&suffix)).then_some((digits, suffix))
}

fn literal(lit: &Lit) -> Result<Number, String> {
    if let Some((number, suffix)) = suffixed(lit) {
        return Err(format!("is a number, found `{number}{suffix}`; remove `{suffix}`"));
    }
    match lit {
        Lit::Int(integer) => {
            let value = integer.base10_parse().map_err(|_| "does not fit any integer type")?;
            Ok(Number::Integer(value))
        }
        Lit::Float(float) => match float.base10_parse() {
            Ok(value) if f64::is_finite(value) => Ok(Number::Float(value)),
            _ => Err("is not a finite number".to_owned()),
        },
        Lit::Str(text) if text.value().trim().parse::<f64>().is_ok() => {
            Err(format!("is a number, found a string; remove the quotes: `{}`", text.value().trim()))
        }
        other => {
            let lit = Expr::Lit(ExprLit { attrs: Vec::new(), lit: other.clone() });
            Err(format!("is a number, found {}", crate::attribute::found(&lit)))
        }
    }
}
