//! Statements about many rows. What stands in them is our own text and numbered placeholders: sqlx's
//! `QueryBuilder` would write `?`, which PostgreSQL does not know.

use std::fmt::Write as _;

/// How many rows one INSERT takes: times the columns of a table below the 32,766 parameters of SQLite.
pub(super) const ROWS: usize = 500;

/// How many values one list takes.
pub(super) const VALUES: usize = 1000;

/// How many items one statement of a batch takes, the most first. Few sizes, so that the statements are
/// prepared once and found again; and none is large, for SQLite finds a parameter's name by going through
/// all that come before.
const SIZES: [usize; 4] = [32, 8, 2, 1];

/// Pieces of a few sizes.
pub(super) fn chunks<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= items.len())?;
        let (chunk, rest) = items.split_at(size);
        items = rest;
        Some(chunk)
    })
}

/// `$1, $2, ..`
pub(super) fn list(values: usize) -> String {
    list_from(1, values)
}

/// `$first, $first+1, ..`
pub(super) fn list_from(first: usize, values: usize) -> String {
    let mut text = String::with_capacity(values * 6);
    push(&mut text, first, values);
    text
}

/// `($1, $2), ($3, $4), ..`
pub(super) fn rows(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * (columns * 6 + 4));
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        push(&mut text, row * columns + 1, columns);
        text.push(')');
    }
    text
}

fn push(text: &mut String, first: usize, count: usize) {
    for number in first..first + count {
        let separator = if number == first { "" } else { ", " };
        // Writing to a text cannot fail.
        let _ = write!(text, "{separator}${number}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_through() {
        assert_eq!(list(0), "");
        assert_eq!(list(3), "$1, $2, $3");
        assert_eq!(rows(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }

    #[test]
    fn pieces_have_few_sizes_and_leave_nothing_out() {
        let items: Vec<_> = (0..1023).collect();
        assert_eq!(chunks(&items).collect::<Vec<_>>().concat(), items);
        let sizes: Vec<_> = chunks(&items[..77]).map(<[_]>::len).collect();
        assert_eq!(sizes, [32, 32, 8, 2, 2, 1]);
        assert_eq!(chunks(&items[..0]).count(), 0);
    }
}
