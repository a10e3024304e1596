// The same program as fannkuch.jan.
// SPDX-License-Identifier: Apache-2.0
const N: usize = 10;

fn main() {
    let mut perm = vec![0usize; N];
    let mut perm1: Vec<usize> = (0..N).collect();
    let mut count = vec![0usize; N];
    let mut checksum: i64 = 0;
    let mut max_flips: i64 = 0;
    let mut permutations: i64 = 0;
    let mut r = N;
    loop {
        while r != 1 {
            count[r - 1] = r;
            r -= 1;
        }
        for i in 0..N {
            perm[i] = perm1[i];
        }
        let mut flips = 0;
        let mut k = perm[0];
        while k != 0 {
            let (mut lo, mut hi) = (0, k);
            while lo < hi {
                perm.swap(lo, hi);
                lo += 1;
                hi -= 1;
            }
            flips += 1;
            k = perm[0];
        }
        max_flips = max_flips.max(flips);
        if permutations % 2 == 0 {
            checksum += flips;
        } else {
            checksum -= flips;
        }
        loop {
            if r == N {
                println!("{} {}", checksum, max_flips);
                return;
            }
            let first = perm1[0];
            for i in 0..r {
                perm1[i] = perm1[i + 1];
            }
            perm1[r] = first;
            count[r] -= 1;
            if count[r] > 0 {
                break;
            }
            r += 1;
        }
        permutations += 1;
    }
}
