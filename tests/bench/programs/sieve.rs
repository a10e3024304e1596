// The same program as sieve.jan.
// SPDX-License-Identifier: Apache-2.0
const LIMIT: usize = 40_000_000;

fn main() {
    let mut is_prime = vec![true; LIMIT + 1];
    let mut i = 2;
    while i * i <= LIMIT {
        if is_prime[i] {
            let mut j = i * i;
            while j <= LIMIT {
                is_prime[j] = false;
                j += i;
            }
        }
        i += 1;
    }
    let mut count = 0;
    let mut last = 0;
    for n in 2..=LIMIT {
        if is_prime[n] {
            count += 1;
            last = n;
        }
    }
    println!("{} {}", count, last);
}
