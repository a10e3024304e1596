// The same program as hash_map.jan.
// SPDX-License-Identifier: Apache-2.0
use std::collections::HashMap;

const ROUNDS: i64 = 6_000_000;
const KEYS: i64 = 500_000;

fn main() {
    let mut counts: HashMap<i64, i64> = HashMap::new();
    let mut seed: i64 = 42;
    for _ in 0..ROUNDS {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        let key = (seed >> 8) % KEYS;
        *counts.entry(key).or_insert(0) += 1;
    }
    let mut sum: i64 = 0;
    for (key, n) in &counts {
        sum = (sum + key * n * n) % 1_000_000_007;
    }
    println!("{} {}", counts.len(), sum);
}
