// The same program as spectral_norm.jan.
// SPDX-License-Identifier: Apache-2.0
const N: usize = 2000;

fn a(i: usize, j: usize) -> f64 {
    1.0 / ((i + j) * (i + j + 1) / 2 + i + 1) as f64
}

fn multiply_av(v: &[f64], out: &mut [f64]) {
    for i in 0..v.len() {
        let mut sum = 0.0;
        for j in 0..v.len() {
            sum += a(i, j) * v[j];
        }
        out[i] = sum;
    }
}

fn multiply_atv(v: &[f64], out: &mut [f64]) {
    for i in 0..v.len() {
        let mut sum = 0.0;
        for j in 0..v.len() {
            sum += a(j, i) * v[j];
        }
        out[i] = sum;
    }
}

fn main() {
    let mut u = vec![1.0; N];
    let mut v = vec![0.0; N];
    let mut t = vec![0.0; N];
    for _ in 0..10 {
        multiply_av(&u, &mut t);
        multiply_atv(&t, &mut v);
        multiply_av(&v, &mut t);
        multiply_atv(&t, &mut u);
    }
    let (mut vbv, mut vv) = (0.0, 0.0);
    for i in 0..N {
        vbv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    println!("{:.9}", f64::sqrt(vbv / vv));
}
