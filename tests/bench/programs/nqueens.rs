// The same program as nqueens.jan.
// SPDX-License-Identifier: Apache-2.0
const N: usize = 13;

fn place(row: usize, columns: &mut [bool], up: &mut [bool], down: &mut [bool]) -> i64 {
    if row == N {
        return 1;
    }
    let mut solutions = 0;
    for column in 0..N {
        let u = row + column;
        let d = row + N - 1 - column;
        if columns[column] || up[u] || down[d] {
            continue;
        }
        columns[column] = true;
        up[u] = true;
        down[d] = true;
        solutions += place(row + 1, columns, up, down);
        columns[column] = false;
        up[u] = false;
        down[d] = false;
    }
    solutions
}

fn main() {
    let mut columns = vec![false; N];
    let mut up = vec![false; 2 * N - 1];
    let mut down = vec![false; 2 * N - 1];
    println!("{}", place(0, &mut columns, &mut up, &mut down));
}
