// The same program as string_split.jan.
// SPDX-License-Identifier: Apache-2.0
use std::num::ParseIntError;

const ROWS: i64 = 200_000;

fn make_table() -> String {
    let mut rows: Vec<String> = Vec::new();
    for i in 0..ROWS {
        rows.push(format!("name{},{},{},note {}", i % 1000, i, i * 7919 % 10_007, i % 13));
    }
    rows.join("\n")
}

fn sum_table(table: &str) -> Result<(i64, i64), ParseIntError> {
    let mut sum = 0;
    let mut letters = 0;
    for line in table.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        sum += fields[1].parse::<i64>()? * fields[2].parse::<i64>()? % 1009;
        letters += (fields[0].len() + fields[3].len()) as i64;
    }
    Ok((sum, letters))
}

fn main() -> Result<(), ParseIntError> {
    let table = make_table();
    let mut total = 0;
    let mut letters = 0;
    for _ in 0..8 {
        let (s, l) = sum_table(&table)?;
        total += s;
        letters += l;
    }
    println!("{} {}", total, letters);
    Ok(())
}
