// The same program as fib.jan.
// SPDX-License-Identifier: Apache-2.0
fn fib(n: i64) -> i64 {
    if n < 2 {
        return n;
    }
    fib(n - 1) + fib(n - 2)
}

fn main() {
    println!("{}", fib(42));
}
