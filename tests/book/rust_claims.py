"""What the pages say of Rust's compiler, each as a small program that makes the mistake.

Rule: a claim is found by its page and by the mistake, as the table on the page has it. `code` is
what the compiler says: an error such as `E0382`, a warning such as `unused_must_use`, or nothing,
where the page says that nobody stops you.
"""

from __future__ import annotations

from dataclasses import dataclass

PRELUDE = """#![allow(dead_code, unused_variables, unused_mut, unused_imports)]
use std::collections::HashSet;
use std::net::TcpStream;
use std::io::Write;
use std::rc::Rc;
use std::sync::mpsc::{channel, sync_channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of a table: a mistake, a program that makes it, and what the compiler says."""

    page: str
    mistake: str
    code: str
    program: str


def _main(*lines: str) -> str:
    return f"{PRELUDE}fn main() {{\n" + "\n".join(f"    {line}" for line in lines) + "\n}\n"


_SOCKET = 'let mut ours = TcpStream::connect("127.0.0.1:1").unwrap();'

CLAIMS = (
    Claim(
        "02-threads",
        "the thread looks up a variable of the loop instead of getting its value",
        "E0373",
        _main('for n in 0..3 { thread::spawn(|| println!("{n}")); }'),
    ),
    Claim(
        "04-lock",
        "using the data without its lock",
        "E0599",
        _main("let clients = Mutex::new(HashSet::new());", "clients.insert(1);"),
    ),
    Claim(
        "05-writers",
        "two threads take from one queue",
        "E0599",
        _main("let (sender, waiting) = channel::<u8>();", "let second = waiting.clone();"),
    ),
    Claim(
        "06-broker",
        "using the broker's list from another thread",
        "E0425",
        _main(
            "thread::spawn(|| { let mut sessions = vec![1]; sessions.push(2); });",
            "sessions.push(3);",
        ),
    ),
    Claim(
        "06-broker",
        "changing what was sent",
        "E0382",
        _main(
            "let (sender, waiting) = channel();",
            "let mut message = String::new();",
            "sender.send(message).unwrap();",
            "message.push('!');",
        ),
    ),
    Claim(
        "06-broker",
        "putting something that the broker does not know",
        "E0308",
        _main(
            "enum Event { Joined }",
            "let (sender, waiting) = channel::<Event>();",
            'sender.send("hello").unwrap();',
        ),
    ),
    Claim(
        "07-leaving",
        "closing a socket that another thread uses",
        "E0382",
        _main(_SOCKET, 'thread::spawn(move || ours.write_all(b"x"));', "drop(ours);"),
    ),
    Claim(
        "08-bounds",
        "ignoring that it was full",
        "unused_must_use",
        _main("let (sender, waiting) = sync_channel(1);", "sender.try_send(1);"),
    ),
    Claim(
        "09a-frames",
        "a length of 300 is put into one byte",
        "",
        _main("let length = vec![0; 300].len();", "assert_eq!(length as u8, 44);"),
    ),
    Claim(
        "09a-frames",
        "two threads feed the same parser",
        "E0499",
        _main(
            "let mut parser: Vec<u8> = vec![];",
            "thread::scope(|scope| {",
            "    scope.spawn(|| parser.push(1));",
            "    scope.spawn(|| parser.push(2));",
            "});",
        ),
    ),
    Claim(
        "09b-one-sender",
        "using the socket after it was moved into the writer",
        "E0382",
        _main(_SOCKET, 'thread::spawn(move || ours.write_all(b"x"));', "ours.flush().unwrap();"),
    ),
    Claim(
        "09b-one-sender",
        "ignoring what `write` returns",
        "unused_must_use",
        _main("let mut ours = Vec::new();", 'ours.write(b"hello");'),
    ),
    Claim(
        "09b-one-sender",
        "ignoring what `write` returns",
        "",
        _main("let mut ours = Vec::new();", 'ours.write(b"hello").unwrap();'),
    ),
    Claim(
        "11-fast",
        "changing bytes that are shared",
        "E0594",
        _main("let frame: Arc<[u8]> = Arc::from([1, 2]);", "frame[0] = 3;"),
    ),
    Claim(
        "11-fast",
        "a second consumer empties the queue between `empty` and `get`",
        "E0599",
        _main("let (sender, waiting) = channel::<u8>();", "let second = waiting.clone();"),
    ),
    Claim(
        "12-admission",
        "forgetting that it may be missing",
        "E0308",
        _main(
            "fn is_ours(origin: &str) -> bool { true }",
            "let origin: Option<&str> = None;",
            "is_ours(origin);",
        ),
    ),
    Claim(
        "14-rust",
        "it is shared and changed without a lock",
        "E0596",
        _main("let sessions = Arc::new(vec![1]);", "sessions.push(2);"),
    ),
    Claim(
        "14-rust",
        "you put something after the end",
        "unused_must_use",
        _main("let (sender, waiting) = channel();", "drop(waiting);", "sender.send(1);"),
    ),
    Claim(
        "14-rust",
        "a second thread takes from the queue",
        "E0599",
        _main("let (sender, waiting) = channel::<u8>();", "let second = waiting.clone();"),
    ),
    Claim(
        "14-rust",
        "the queue is full, and you go on as if it were not",
        "unused_must_use",
        _main("let (sender, waiting) = sync_channel(1);", "sender.try_send(1);"),
    ),
    Claim(
        "14-rust",
        "you use what you have sent",
        "E0382",
        _main(
            "let (sender, waiting) = channel();",
            "let message = String::new();",
            "sender.send(message).unwrap();",
            'println!("{message}");',
        ),
    ),
    Claim(
        "14-rust",
        "a thread looks at a loop's variable",
        "E0373",
        _main('for n in 0..3 { thread::spawn(|| println!("{n}")); }'),
    ),
    Claim(
        "14-rust",
        "a value that is not thread-safe gets to another thread",
        "E0277",
        _main("let count = Rc::new(1);", 'thread::spawn(move || println!("{count}"));'),
    ),
    Claim(
        "14-rust",
        "you forget one of the events",
        "E0004",
        _main(
            "enum Event { Joined, Left }",
            "let event = Event::Left;",
            'match event { Event::Joined => println!("joined") }',
        ),
    ),
    Claim(
        "14-rust",
        "you close while another thread still uses it",
        "E0505",
        _main(
            _SOCKET,
            "let borrowed = &ours;",
            "thread::scope(|scope| {",
            '    scope.spawn(move || { let mut ours = borrowed; ours.write_all(b"x") });',
            "    drop(ours);",
            "});",
        ),
    ),
    Claim(
        "15-asyncio",
        "two threads write one variable without a lock",
        "E0499",
        _main(
            "let mut total = 0;",
            "thread::scope(|scope| {",
            "    scope.spawn(|| total += 1);",
            "    scope.spawn(|| total += 1);",
            "});",
        ),
    ),
)

NEED_CRATES = {
    ("14-rust", "the state is missing"),
    ("14-rust", "it has the wrong type"),
    ("14-rust", "two tasks or threads send"),
}
"""Rows about axum, of which the standard library has no like."""
