// The same program as matrix.jan.
// SPDX-License-Identifier: Apache-2.0
const N: usize = 600;

fn make(seed: usize) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for i in 0..N {
        let mut row = Vec::new();
        for j in 0..N {
            row.push(((i * 31 + j * 17 + seed) % 101) as f64 / 101.0);
        }
        rows.push(row);
    }
    rows
}

fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut c = Vec::new();
    for i in 0..N {
        let mut row = vec![0.0; N];
        for j in 0..N {
            let mut sum = 0.0;
            for k in 0..N {
                sum += a[i][k] * b[k][j];
            }
            row[j] = sum;
        }
        c.push(row);
    }
    c
}

fn main() {
    let c = product(&make(1), &make(2));
    let mut trace = 0.0;
    for i in 0..N {
        trace += c[i][i] + c[i][N - 1 - i];
    }
    println!("{:.6}", trace);
}
