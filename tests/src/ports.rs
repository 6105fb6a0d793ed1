//! Ports for programs that are told theirs, and for where nobody is to be.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// From which port on the system gives them away by itself, where it does not say so.
const USUALLY: u16 = 32_768;
/// So many below that are ours.
const PORTS: u16 = 16_000;

/// A port of loopback on which nobody listens, and that nobody else will take.
///
/// Not one of those that the system gives to whoever asks for any, or connects: before the program starts that is to have it, or while
/// it is started again, another test would have it. Each call gives another one; where they begin depends on the process, for others
/// that do the same at the same time.
///
/// # Panics
/// When all are taken.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let ports = below(first_given_away());
    let begin = std::process::id().wrapping_mul(251);
    let next = || begin.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
    let mut some = std::iter::repeat_with(|| ports.start + (next() % ports.len() as u32) as u16);
    let free =
        some.by_ref().take(ports.len()).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.expect("loopback has free ports")
}

fn below(end: u16) -> Range<u16> {
    // None of those that only the administrator may take.
    let end = end.max(2048);
    end.saturating_sub(PORTS).max(1024)..end
}

fn first_given_away() -> u16 {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let first = range.ok().and_then(|range| range.split_whitespace().next()?.parse().ok());
    first.unwrap_or(USUALLY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_is_another_one_that_the_system_does_not_give_away() {
        let ports: std::collections::BTreeSet<_> = (0..100).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 100);
        assert!(ports.iter().all(|port| below(first_given_away()).contains(port)), "{ports:?}");
        let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        assert!(!below(first_given_away()).contains(&any.port()), "{any}");
    }

    #[test]
    fn there_are_ports_wherever_the_systems_own_begin() {
        let ranges = [32_768, 10_000, 1024, 0].map(below);
        assert_eq!(ranges, [16_768..32_768, 1024..10_000, 1024..2048, 1024..2048]);
    }
}
