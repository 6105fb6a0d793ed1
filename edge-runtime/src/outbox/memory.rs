//! What a backlog has needed is not kept for ever.

use std::collections::VecDeque;

/// So many bytes are kept in any case.
const FEW: usize = 2048;

/// Gives back memory that a queue has had for far more than is in it, and all but a little when nothing is. So seldom that it
/// costs nothing for each.
#[inline]
pub(super) fn give_back<T>(queue: &mut VecDeque<T>) {
    let few = FEW / size_of::<T>();
    let (most, enough) =
        if queue.is_empty() { (few, few) } else { (8 * queue.len().max(few), 2 * queue.len().max(few)) };
    if queue.capacity() > most {
        queue.shrink_to(enough);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_shrinks_gives_its_memory_back_and_seldom() {
        let mut queue: VecDeque<u64> = (0..100_000).collect();
        let mut times = 0;
        for left in (0..100_000).rev() {
            queue.pop_front();
            let before = queue.capacity();
            give_back(&mut queue);
            times += usize::from(queue.capacity() < before);
            assert!(queue.len() == left && queue.capacity() <= 8 * left.max(FEW / size_of::<u64>()));
        }
        assert!(times < 10, "{times}");
        assert!(queue.capacity() <= FEW / size_of::<u64>(), "{}", queue.capacity());
    }
}
