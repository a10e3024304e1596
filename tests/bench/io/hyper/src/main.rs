// The peers of hello.jan and echo.jan in Rust: hyper and tokio. The argument says which; PORT where. SPDX-License-Identifier: Apache-2.0
use hyper::service::{make_service_fn, service_fn};
use hyper::{header, Body, Request, Response, Server};
use std::convert::Infallible;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn hello(_: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(Response::builder().header(header::CONTENT_TYPE, "text/plain; charset=utf-8").body(Body::from("hello\n")).unwrap())
}

#[tokio::main]
async fn main() {
    let port: u16 = std::env::var("PORT").unwrap().parse().unwrap();
    if std::env::args().nth(1).as_deref() == Some("hello") {
        let make = make_service_fn(|_| async { Ok::<_, Infallible>(service_fn(hello)) });
        Server::bind(&([127, 0, 0, 1], port).into()).tcp_nodelay(true).serve(make).await.unwrap();
        return;
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    loop {
        let (mut conn, _) = listener.accept().await.unwrap();
        conn.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            let mut bytes = [0u8; 4096];
            while let Ok(n) = conn.read(&mut bytes).await {
                if n == 0 || conn.write_all(&bytes[..n]).await.is_err() {
                    return;
                }
            }
        });
    }
}
