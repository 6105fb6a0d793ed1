//! The macros as a whole, over items as users write them: what they expand to, and what they say.

mod actions;
mod children;
mod defaults;
mod expansion;
mod limits;
mod mistakes;
mod names;
mod page;
mod publish;
mod refused;
mod reports;
mod rules;
mod shown;
mod words;
