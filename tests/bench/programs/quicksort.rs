// The same program as quicksort.jan.
// SPDX-License-Identifier: Apache-2.0
const N: i64 = 5_000_000;

fn quicksort(a: &mut [i64], first: i64, last: i64) {
    if first >= last {
        return;
    }
    let pivot = a[((first + last) / 2) as usize];
    let mut i = first;
    let mut j = last;
    while i <= j {
        while a[i as usize] < pivot {
            i += 1;
        }
        while a[j as usize] > pivot {
            j -= 1;
        }
        if i <= j {
            a.swap(i as usize, j as usize);
            i += 1;
            j -= 1;
        }
    }
    quicksort(a, first, j);
    quicksort(a, i, last);
}

fn main() {
    let mut a: Vec<i64> = Vec::new();
    let mut seed: i64 = 12_345;
    for _ in 0..N {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        a.push(seed);
    }
    quicksort(&mut a, 0, N - 1);
    let mut sum: i64 = 0;
    for (i, x) in a.iter().enumerate() {
        sum = (sum + x * (i as i64 % 1000)) % 1_000_000_007;
    }
    println!("{} {} {}", a[0], a[N as usize - 1], sum);
}
