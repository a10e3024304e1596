// The same program as collatz.jan.
// SPDX-License-Identifier: Apache-2.0
const LIMIT: i64 = 2_000_000;

fn chain_length(start: i64) -> i64 {
    let mut n = start;
    let mut length = 1;
    while n != 1 {
        if n % 2 == 0 {
            n = n / 2;
        } else {
            n = 3 * n + 1;
        }
        length += 1;
    }
    length
}

fn main() {
    let mut best = 0;
    let mut best_start = 0;
    for start in 1..LIMIT {
        let length = chain_length(start);
        if length > best {
            best = length;
            best_start = start;
        }
    }
    println!("{} {}", best_start, best);
}
