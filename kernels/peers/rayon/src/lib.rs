//! Darts and primes as one writes them in Rust with rayon: an iterator over chunks, made parallel.

use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Darts that share a generator: each chunk seeds its own, so that the count does not depend on the workers.
const DARTS: u64 = 1 << 14;
/// Odd numbers of a segment, a byte each: in the first-level cache.
const SEGMENT: u64 = 1 << 15;

/// `workers` threads, which `parlab_rayon_end` ends; null where they cannot be started.
#[no_mangle]
pub extern "C" fn parlab_rayon_begin(workers: usize) -> *mut ThreadPool {
    match ThreadPoolBuilder::new().num_threads(workers).build() {
        Ok(pool) => Box::into_raw(Box::new(pool)),
        Err(_) => std::ptr::null_mut(),
    }
}

/// # Safety
/// `pool` comes from `parlab_rayon_begin` and is not used again.
#[no_mangle]
pub unsafe extern "C" fn parlab_rayon_end(pool: *mut ThreadPool) {
    drop(Box::from_raw(pool));
}

/// How many of the darts begin to end - 1 are inside the quarter circle; 53 bits a coordinate.
///
/// # Safety
/// `pool` comes from `parlab_rayon_begin`.
#[no_mangle]
pub unsafe extern "C" fn parlab_rayon_darts(pool: *const ThreadPool, begin: u64, end: u64, seed: u64) -> u64 {
    let coordinate = |random: &mut Xoshiro256PlusPlus| (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let chunks = (end - begin + DARTS - 1) / DARTS;
    (*pool).install(|| {
        (0..chunks)
            .into_par_iter()
            .map(|chunk| {
                let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(1 << 32) + chunk);
                let darts = DARTS.min(end - begin - chunk * DARTS);
                (0..darts)
                    .filter(|_| {
                        let (x, y) = (coordinate(&mut random), coordinate(&mut random));
                        x * x + y * y < 1.0
                    })
                    .count() as u64
            })
            .sum()
    })
}

/// The primes of [begin, end): a sieve of odd numbers, segment by segment.
///
/// # Safety
/// `pool` comes from `parlab_rayon_begin`.
#[no_mangle]
pub unsafe extern "C" fn parlab_rayon_primes(pool: *const ThreadPool, begin: u64, end: u64) -> u64 {
    let two = u64::from(begin <= 2 && 2 < end);
    if end <= 3 {
        return two;
    }
    let base = odd_primes_up_to(root(end - 1));
    let first = begin.max(3) | 1; // odd numbers from here on, below end
    let numbers = if end > first { (end - first + 1) / 2 } else { 0 };
    let segments = (numbers + SEGMENT - 1) / SEGMENT;
    let count_segment = |sieve: &mut Vec<bool>, segment: u64| {
        let low = first + 2 * SEGMENT * segment;
        let size = SEGMENT.min(numbers - SEGMENT * segment);
        sieve.clear();
        sieve.resize(size as usize, true);
        let last = low + 2 * (size - 1);
        for &prime in &base {
            if prime * prime > last {
                break;
            }
            let mut away = (prime - low % prime) % prime; // from low to the next multiple that is odd
            if away % 2 == 1 {
                away += prime;
            }
            let from = away.max((prime * prime).saturating_sub(low)) / 2;
            for crossed in sieve[from.min(size) as usize..].iter_mut().step_by(prime as usize) {
                *crossed = false;
            }
        }
        sieve.iter().filter(|&&is_prime| is_prime).count() as u64
    };
    two + (*pool).install(|| {
        (0..segments)
            .into_par_iter()
            .map_init(Vec::new, count_segment)
            .sum::<u64>()
    })
}

fn root(number: u64) -> u64 {
    let mut root = ((number as f64).sqrt() as u64).min(u32::MAX as u64); // off by one at most
    if root * root > number {
        root -= 1;
    }
    if root < u32::MAX as u64 && (root + 1) * (root + 1) <= number {
        root += 1;
    }
    root
}

fn odd_primes_up_to(last: u64) -> Vec<u64> {
    let mut odd = vec![true; (last as usize + 1) / 2]; // odd[i] is 2 i + 1
    let mut primes = Vec::new();
    for i in 1..odd.len() {
        if odd[i] {
            let prime = 2 * i + 1;
            primes.push(prime as u64);
            for crossed in odd.iter_mut().skip(prime * prime / 2).step_by(prime) {
                *crossed = false;
            }
        }
    }
    primes
}
