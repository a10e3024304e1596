// main.rs: the programs of this folder's parent with tokio: tokio-tasks NAME; TOKIO_WORKERS threads (1: the runtime for one thread).
// Depends on tokio. Built by `run` where cargo is and can have it.
// SPDX-License-Identifier: Apache-2.0
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, Semaphore};
use tokio::task::{spawn, yield_now, JoinSet};

async fn spawn_join() {
    let mut sum = 0i64;
    for i in 0..5_000_000i64 {
        sum += spawn(async move { i + 1 }).await.unwrap();
    }
    println!("{sum}");
}

async fn yields() {
    let mut set = JoinSet::new();
    for _ in 0..2 {
        set.spawn(async {
            for _ in 0..10_000_000 {
                yield_now().await
            }
        });
    }
    while set.join_next().await.is_some() {}
    println!("20000000");
}

// The smallest channel that tokio has: room for one.
async fn hop() {
    let (to, mut from) = mpsc::channel::<i64>(1);
    let (back, mut answers) = mpsc::channel::<i64>(1);
    spawn(async move {
        while let Some(v) = from.recv().await {
            back.send(v + 1).await.unwrap();
        }
    });
    let mut sum = 0i64;
    for i in 0..3_000_000i64 {
        to.send(i).await.unwrap();
        sum += answers.recv().await.unwrap();
    }
    println!("{sum}");
}

async fn buffered() {
    let (to, mut from) = mpsc::channel::<i64>(128);
    spawn(async move {
        for i in 0..10_000_000i64 {
            to.send(i).await.unwrap();
        }
    });
    let mut sum = 0i64;
    while let Some(v) = from.recv().await {
        sum += v;
    }
    println!("{sum}");
}

async fn select4() {
    let mut ends = Vec::new();
    for _ in 0..4 {
        let (to, from) = mpsc::channel::<i64>(1);
        ends.push(from);
        spawn(async move {
            for i in 0..500_000i64 {
                to.send(i).await.unwrap();
            }
        });
    }
    let (mut d, mut c, mut b, mut a) = (ends.pop().unwrap(), ends.pop().unwrap(), ends.pop().unwrap(), ends.pop().unwrap());
    let mut sum = 0i64;
    for _ in 0..2_000_000 {
        sum += tokio::select! {
            Some(v) = a.recv() => v,
            Some(v) = b.recv() => v,
            Some(v) = c.recv() => v,
            Some(v) = d.recv() => v,
        };
    }
    println!("{sum}");
}

fn grow(depth: u32) -> Pin<Box<dyn Future<Output = i64> + Send>> {
    Box::pin(async move {
        if depth == 0 {
            return 1;
        }
        let a = spawn(grow(depth - 1));
        let b = spawn(grow(depth - 1));
        a.await.unwrap() + b.await.unwrap()
    })
}

async fn wait_at(count: usize, cancel: bool) {
    let (up, mut arrived) = mpsc::channel::<bool>(1000);
    let gate = Arc::new(Semaphore::new(0));
    let mut set = JoinSet::new();
    for _ in 0..count {
        let (up, gate) = (up.clone(), gate.clone());
        set.spawn(async move {
            up.send(true).await.unwrap();
            let _ = gate.acquire().await;
        });
    }
    for _ in 0..count {
        arrived.recv().await.unwrap();
    }
    if cancel {
        set.abort_all();
    } else {
        gate.close();
    }
    while set.join_next().await.is_some() {}
    println!("done");
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let workers: usize = std::env::var("TOKIO_WORKERS").ok().and_then(|w| w.parse().ok()).unwrap_or(1);
    let runtime = if workers == 1 {
        tokio::runtime::Builder::new_current_thread().build().unwrap()
    } else {
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).build().unwrap()
    };
    runtime.block_on(async {
        // A task of its own: what block_on itself runs is slower to switch to.
        spawn(async move {
            match name.as_str() {
                "spawn_join" => spawn_join().await,
                "yields" => yields().await,
                "hop" => hop().await,
                "buffered" => buffered().await,
                "select4" => select4().await,
                "tree" => println!("{}", grow(20).await),
                "parked" => wait_at(1_000_000, false).await,
                "cancel" => wait_at(100_000, true).await,
                _ => panic!("no program {name}"),
            }
        })
        .await
        .unwrap()
    });
}
