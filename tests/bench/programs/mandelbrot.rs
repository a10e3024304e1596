// The same program as mandelbrot.jan.
// SPDX-License-Identifier: Apache-2.0
const SIZE: i64 = 1600;
const LIMIT: i64 = 100;

fn steps(cx: f64, cy: f64) -> i64 {
    let (mut x, mut y) = (0.0, 0.0);
    for i in 0..LIMIT {
        let xx = x * x;
        let yy = y * y;
        if xx + yy > 4.0 {
            return i;
        }
        y = 2.0 * x * y + cy;
        x = xx - yy + cx;
    }
    LIMIT
}

fn main() {
    let mut total = 0;
    for row in 0..SIZE {
        let cy = 2.0 * row as f64 / SIZE as f64 - 1.0;
        for column in 0..SIZE {
            let cx = 3.0 * column as f64 / SIZE as f64 - 2.0;
            total += steps(cx, cy);
        }
    }
    println!("{}", total);
}
