//! The same proxy in Rust, with axum and tokio; `Cargo.toml` beside it lists what it needs.
//!
//! Rule: tasks meet only at channels. A channel ends when its last sender is dropped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ws::{close_code, CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use axum::Router;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

const INBOUND: usize = 128; // events that wait for the broker
const OUTBOUND: usize = 256; // messages that wait for one client, before it is cut off
const PATIENCE: Duration = Duration::from_secs(2);

static NUMBERS: AtomicU64 = AtomicU64::new(1);

enum Event {
    Joined(u64, Client),
    Received(u64, Message),
    Left(u64),
    Stopped,
}

struct Client {
    outbound: mpsc::Sender<Message>,
    writer: AbortHandle,
}

// state: begin
#[derive(Clone)]
struct AppState {
    inbound: mpsc::Sender<Event>,
}

fn router(inbound: mpsc::Sender<Event>) -> Router {
    Router::new()
        .route("/", any(handshake))
        .with_state(AppState { inbound })
}

async fn handshake(upgrade: WebSocketUpgrade, State(state): State<AppState>) -> Response {
    upgrade.on_upgrade(move |socket| serve(socket, state.inbound))
}
// state: end

// serve: begin
async fn serve(socket: WebSocket, inbound: mpsc::Sender<Event>) {
    let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
    let (sink, stream) = socket.split();
    let (outbound, waiting) = mpsc::channel(OUTBOUND);
    let mut writer = tokio::spawn(write(sink, waiting));
    let client = Client { outbound, writer: writer.abort_handle() };
    let _ = inbound.send(Event::Joined(number, client)).await;
    tokio::select! {
        _ = read(number, stream, &inbound) => {}
        Err(_) = &mut writer => {} // aborted; if it ended well, go on reading
    }
    let _ = inbound.send(Event::Left(number)).await;
}
// serve: end

// halves: begin
async fn read(number: u64, mut stream: SplitStream<WebSocket>, inbound: &mpsc::Sender<Event>) {
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Text(_) | Message::Binary(_) => {
                let _ = inbound.send(Event::Received(number, message)).await; // waits for room
            }
            Message::Ping(_) | Message::Pong(_) => {} // axum answers pings itself
            Message::Close(_) => return,
        }
    }
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut waiting: mpsc::Receiver<Message>) {
    while let Some(message) = waiting.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}
// halves: end

// broker: begin
async fn run_broker(mut events: mpsc::Receiver<Event>) {
    let mut clients = HashMap::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Joined(number, client) => {
                clients.insert(number, client);
            }
            Event::Received(sender, message) => forward(&mut clients, sender, message),
            Event::Left(number) => {
                clients.remove(&number); // drops the only sender: the writer's channel ends
            }
            Event::Stopped => close_all(&mut clients),
        }
    }
}
// broker: end

// forward: begin
fn forward(clients: &mut HashMap<u64, Client>, sender: u64, message: Message) {
    clients.retain(|&number, client| {
        if number == sender {
            return true;
        }
        let fits = client.outbound.try_send(message.clone()).is_ok();
        if !fits {
            client.writer.abort(); // too slow
        }
        fits
    });
}
// forward: end

fn close_all(clients: &mut HashMap<u64, Client>) {
    for (_, client) in clients.drain() {
        let frame = CloseFrame { code: close_code::AWAY, reason: "stopping".into() };
        // On a full channel this fails. But the sender is dropped, and that needs no room.
        let _ = client.outbound.try_send(Message::Close(Some(frame)));
    }
}

// main: begin
#[tokio::main]
async fn main() {
    let (inbound, events) = mpsc::channel(INBOUND);
    let broker = tokio::spawn(run_broker(events));
    let listener = TcpListener::bind("127.0.0.1:8765").await.expect("cannot listen");
    let address = listener.local_addr().expect("no address");
    println!("ready: ws://{address}/");
    let app = router(inbound.clone());
    let ctrl_c = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let _ = axum::serve(listener, app).with_graceful_shutdown(ctrl_c).await;
    let _ = inbound.send(Event::Stopped).await;
    drop(inbound); // now only clients that are still here hold senders
    match tokio::time::timeout(PATIENCE, broker).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => eprintln!("the broker died: {error}"),
        Err(_) => eprintln!("some clients were cut off: they did not leave in time"),
    }
}
// main: end
