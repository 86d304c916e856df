//! A little server that stands in for the API of GitHub or GitLab: the comments under one request.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server holds, and what it was asked.
#[derive(Default)]
pub struct State {
    /// The comments: number and text.
    pub comments: Vec<(u64, String)>,
    /// Method, path and token of each call.
    pub calls: Vec<(String, String, String)>,
    /// Whether comments may be changed.
    pub frozen: bool,
}

/// A server on this machine, which ends with the test.
pub struct Server {
    /// Its address.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start(comments: Vec<(u64, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { comments, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &shared);
            }
        });
        Self { url, state }
    }

    pub fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" | "private-token" => token = value.to_owned(),
            "expect" => stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, answer) = act(&mut state.lock().unwrap(), &method, &target, token, &body);
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
    stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
}

fn act(state: &mut State, method: &str, target: &str, token: String, body: &[u8]) -> (&'static str, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    state.calls.push((method.to_owned(), path.to_owned(), token));
    let text = || serde_json::from_slice::<serde_json::Value>(body).unwrap()["body"].as_str().unwrap().to_owned();
    match method {
        "GET" => {
            let number = |name: &str| -> usize {
                query.split('&').find_map(|pair| pair.strip_prefix(name)).map_or(1, |n| n.parse().unwrap())
            };
            let (per, page) = (number("per_page="), number("page="));
            let shown = state.comments.iter().skip(per * (page - 1)).take(per);
            let list: Vec<_> = shown.map(|(id, body)| serde_json::json!({"id": id, "body": body})).collect();
            ("200 OK", serde_json::to_string(&list).unwrap())
        }
        "POST" => {
            let id = state.comments.iter().map(|(id, _)| id + 1).max().unwrap_or(1);
            state.comments.push((id, text()));
            ("201 Created", format!("{{\"id\":{id}}}"))
        }
        _ if state.frozen => ("403 Forbidden", "{}".to_owned()),
        _ => {
            let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
            match state.comments.iter_mut().find(|(known, _)| *known == id) {
                Some((_, body)) => {
                    *body = text();
                    ("200 OK", "{}".to_owned())
                }
                None => ("404 Not Found", "{}".to_owned()),
            }
        }
    }
}
