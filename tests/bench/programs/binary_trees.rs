// The same program as binary_trees.jan.
// SPDX-License-Identifier: Apache-2.0
const DEPTH: i64 = 16;

struct Tree {
    left: Option<Box<Tree>>,
    right: Option<Box<Tree>>,
}

fn make(depth: i64) -> Tree {
    if depth == 0 {
        return Tree { left: None, right: None };
    }
    Tree { left: Some(Box::new(make(depth - 1))), right: Some(Box::new(make(depth - 1))) }
}

fn count(tree: &Tree) -> i64 {
    let mut nodes = 1;
    if let Some(left) = &tree.left {
        nodes += count(left);
    }
    if let Some(right) = &tree.right {
        nodes += count(right);
    }
    nodes
}

fn main() {
    let long_lived = make(DEPTH);
    let mut total = 0;
    let mut depth = 4;
    while depth <= DEPTH {
        let rounds = 1i64 << (DEPTH - depth + 4);
        for _ in 0..rounds {
            total += count(&make(depth));
        }
        depth += 4;
    }
    println!("{} {}", total, count(&long_lived));
}
