//! Speaks Holdfast's protocol, version 1, for a lock in Rust: docs/protocol.md. A subject implements [`Subject`], and main
//! calls [`serve`]. Each lease has a thread to itself for all its calls; a library that is async is given a runtime by its
//! subject. Nothing here computes a deadline, a renewal or a token.
use serde_json::{json, Value};
use std::collections::HashMap;
use std::io::{stdin, stdout, BufRead, Write};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{atomic::Ordering, Arc, Mutex};
use std::{process::exit, thread};

/// What the worker asks. wait_ms 0: one attempt. mode: exclusive or shared. aborted: the wait was given up.
pub struct Ask {
    pub lease: String,
    pub key: String,
    pub mode: String,
    pub owner: Option<String>,
    pub lease_ms: f64,
    pub wait_ms: f64,
    pub renew: bool,
    pub aborted: Arc<AtomicBool>,
}

/// What a call came to. `Refused(code, definite)`: busy, timeout, aborted, unavailable or invalid-key, and whether certainly
/// nothing was taken. `Lost`: the library says that the lease had ended before. `Unknown`: nobody knows.
pub enum Failure {
    Refused(&'static str, bool),
    Lost,
    Unknown(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Unknown(error.to_string())
    }
}

/// The calls into the library. What they say beside the handle is put into the answer: of a grant `deadlineNs` (by
/// [`moment`]) if the library states a moment, `"deadline": "documented"` if it names a length and no moment, `leaseMs` as
/// long as it really is, and `fence`; of a release `outcome`: released, done or unknown; of held, `held`.
pub trait Subject: Send + Sync + 'static {
    type Handle: Send;
    /// name, libraryVersion, owner and features
    fn about(&self) -> Value;
    fn acquire(&self, ask: &Ask) -> Result<(Self::Handle, Value), Failure>;
    fn release(&self, handle: Self::Handle) -> Result<Value, Failure>;
    fn extend(&self, _handle: &mut Self::Handle) -> Result<Value, Failure> {
        Err(Failure::Refused("unsupported", true))
    }
    fn held(&self, _handle: &mut Self::Handle) -> Result<Value, Failure> {
        Err(Failure::Refused("unsupported", true))
    }
}

/// The raw monotonic clock.
pub fn now() -> i64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut t) };
    t.tv_sec as i64 * 1_000_000_000 + t.tv_nsec as i64
}

/// Tells of a loss that the library tells of by itself. reason: deadline, mismatch or connection.
pub fn tell_lost(lease: &str, reason: &str) {
    say(&json!({"event": "lost", "lease": lease, "t": now().to_string(), "reason": reason}));
}

fn say(line: &Value) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|_| out.flush());
}

fn answer(asked: &Value, began: i64, ended: i64, mut said: Value) {
    said["id"] = asked["id"].clone();
    said["t"] = json!([began.to_string(), ended.to_string()]);
    say(&said);
}

fn said(result: Result<Value, Failure>, cmd: &str) -> Value {
    let (code, outcome, message) = match result {
        Ok(mut fields) => {
            fields["ok"] = json!(true);
            return fields;
        }
        Err(Failure::Refused(code, definite)) => (code, if definite { "definite" } else { "unknown" }, String::new()),
        Err(Failure::Lost) => ("unavailable", "lost", String::new()),
        Err(Failure::Unknown(message)) => ("unavailable", "unknown", message),
    };
    json!({"ok": cmd == "release" && outcome == "lost", "code": code, "outcome": outcome, "message": message})
}

type Shared<T> = Arc<Mutex<HashMap<String, T>>>;

/// Answers until its input ends, and ends the process. `connect` is given the hello.
pub fn serve<S: Subject>(connect: impl FnOnce(&Value) -> S) {
    let lanes: Shared<Sender<Value>> = Shared::default();
    let open: Shared<Arc<AtomicBool>> = Shared::default();
    let (mut connect, mut subject) = (Some(connect), None);
    for line in stdin().lock().lines() {
        let began = now();
        let asked: Value = line.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(json!({"cmd": "bye"}));
        let mut reply = json!({"ok": true});
        match asked["cmd"].as_str().unwrap_or("") {
            "hello" => {
                let made = subject.insert(Arc::new(connect.take().expect("one hello")(&asked)));
                reply = made.about();
                reply["ok"] = json!(true);
                reply["protocol"] = json!(1);
                reply["language"] = json!("rust");
                reply["clock"] = json!("monotonic");
            }
            "ping" => {}
            "abort" => {
                if let Some(aborted) = open.lock().unwrap().get(&asked["of"].to_string()) {
                    aborted.store(true, Ordering::Relaxed);
                }
            }
            "bye" => break,
            "acquire" | "release" | "extend" | "held" => {
                let lease = text(&asked, "lease");
                if asked["cmd"] == "acquire" {
                    let (send, requests) = channel();
                    lanes.lock().unwrap().insert(lease.clone(), send);
                    let aborted = Arc::new(AtomicBool::new(false));
                    open.lock().unwrap().insert(asked["id"].to_string(), aborted.clone());
                    let (lanes, open, subject) =
                        (lanes.clone(), open.clone(), subject.clone().expect("hello comes first"));
                    thread::spawn(move || lane(&*subject, requests, aborted, &lanes, &open));
                }
                if let Some(lane) = lanes.lock().unwrap().get(&lease) {
                    let _ = lane.send(asked);
                    continue;
                }
                reply = json!({"ok": false, "code": "unavailable", "outcome": "definite", "message": "no such lease"});
            }
            _ => reply = json!({"ok": false, "code": "unsupported"}),
        }
        answer(&asked, began, now(), reply);
    }
    exit(0); // whatever threads of the library are at
}

fn lane<S: Subject>(
    subject: &S,
    requests: Receiver<Value>,
    aborted: Arc<AtomicBool>,
    lanes: &Shared<Sender<Value>>,
    open: &Shared<Arc<AtomicBool>>,
) {
    let mut handle = None;
    for asked in requests {
        let (cmd, began) = (text(&asked, "cmd"), now());
        let result = match (cmd.as_str(), &mut handle) {
            ("acquire", _) => subject.acquire(&ask(&asked, aborted.clone())).map(|(granted, fields)| {
                handle = Some(granted);
                fields
            }),
            ("release", _) => handle.take().map_or(Err(Failure::Lost), |held| subject.release(held)),
            ("extend", Some(held)) => subject.extend(held),
            (_, Some(held)) => subject.held(held),
            _ => Err(Failure::Lost),
        };
        let (ended, over) = (now(), handle.is_none());
        open.lock().unwrap().remove(&asked["id"].to_string());
        if over {
            lanes.lock().unwrap().remove(&text(&asked, "lease"));
        }
        answer(&asked, began, ended, said(result, &cmd));
        if over {
            return;
        }
    }
}

fn text(asked: &Value, name: &str) -> String {
    asked[name].as_str().unwrap_or("").to_string()
}

fn ask(asked: &Value, aborted: Arc<AtomicBool>) -> Ask {
    Ask {
        lease: text(asked, "lease"),
        key: text(asked, "key"),
        mode: text(asked, "mode"),
        owner: asked["owner"].as_str().map(str::to_string),
        lease_ms: asked["leaseMs"].as_f64().unwrap_or(0.0),
        wait_ms: asked["waitMs"].as_f64().unwrap_or(0.0),
        renew: asked["renew"] == true,
        aborted,
    }
}
