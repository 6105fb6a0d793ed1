//! The functions that libFuzzer calls, on any compiler: with the corpus, and with what chance makes of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "it is a crate of its own elsewhere")]
mod targets;

use targets::{TARGETS, Target};

use crate::faults::chance;

/// What is often in what is read, and seldom found by chance.
const WORDS: [&[u8]; 24] = [
    b"null",
    b"true",
    b"1e999",
    b"-0.0",
    b"9007199254740993",
    b"\"value\":",
    b"\"at\":",
    b"{",
    b"}",
    b"[",
    b"\"",
    b"\\ud800",
    b"\xff\xff\xff\xff",
    b"\xd8\x78",
    b"\x9f",
    b"\xff",
    b"\n",
    b"/",
    b"+",
    b"#",
    b"\0",
    b"\xe2\x80\xae",
    b"device/",
    b"2031-02-03T04:05:06Z",
];

/// The largest input that is made.
const LARGEST: usize = 4096;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Changes an input a little, or a lot.
fn mutate(random: &mut fastrand::Rng, input: &mut Vec<u8>, others: &[Vec<u8>]) {
    for _ in 0..random.usize(1..=6) {
        let at = random.usize(0..=input.len());
        let end = random.usize(at..=input.len().min(at + 16));
        match random.u8(0..7) {
            0 => drop(input.drain(at..end)),
            1 => drop(input.splice(at..at, random.choice(WORDS).unwrap().iter().copied())),
            2 => input.insert(at, random.u8(..)),
            3 if at < input.len() => input[at] ^= 1 << random.u8(0..8),
            4 => {
                let piece = input[at..end].to_vec();
                drop(input.splice(at..at, piece.repeat(random.usize(1..40))));
            }
            5 => {
                let other = &others[random.usize(0..others.len())];
                let from = random.usize(0..=other.len());
                drop(input.splice(at.., other[from..].iter().copied()));
            }
            _ if at < input.len() => input[at] = random.u8(..),
            _ => {}
        }
        input.truncate(LARGEST);
    }
}

/// Runs a target for so long; returns how many inputs that were.
fn run((name, check): Target, seed: u64, inputs: usize, limit: Duration) -> usize {
    let corpus = corpus(name);
    assert!(!corpus.is_empty(), "{name} has no corpus");
    corpus.iter().for_each(|input| check(input));
    let mut random = fastrand::Rng::with_seed(seed);
    let start = Instant::now();
    for number in 0..inputs {
        if number % 1024 == 0 && start.elapsed() > limit {
            return number;
        }
        let mut input = corpus[random.usize(0..corpus.len())].clone();
        mutate(&mut random, &mut input, &corpus);
        let caught = std::panic::catch_unwind(|| check(&input));
        assert!(caught.is_ok(), "{name}, seed {seed}, input {number}: {}", input.escape_ascii());
    }
    inputs
}

#[test]
fn what_comes_from_outside_is_read_or_refused() {
    for target in TARGETS {
        let start = Instant::now();
        let inputs = run(target, 1, 40_000, Duration::from_secs(20));
        println!("fuzz, {}: {inputs} inputs in {:?}", target.0, start.elapsed());
    }
}

#[test]
#[ignore = "long: a minute for each kind of input"]
fn what_comes_from_outside_is_read_or_refused_for_long() {
    let seed = chance::seed();
    for target in TARGETS {
        let inputs = run(target, seed, usize::MAX, Duration::from_secs(60));
        println!("fuzz, {}, seed {seed}: {inputs} inputs", target.0);
    }
}
