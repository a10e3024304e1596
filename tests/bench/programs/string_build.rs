// The same program as string_build.jan.
// SPDX-License-Identifier: Apache-2.0
use std::fmt::Write;

const ROWS: i64 = 250_000;

fn main() {
    let mut rows: Vec<String> = Vec::new();
    for i in 0..ROWS {
        let mut row = format!("row {}:", i);
        for j in 0..8 {
            write!(row, " {},", i * j % 1000).unwrap();
        }
        rows.push(row);
    }
    let text = rows.join("\n");
    let mut sum: i64 = 0;
    for b in text.bytes() {
        sum = (sum * 31 + b as i64) % 1_000_003;
    }
    println!("{} {}", text.len(), sum);
}
