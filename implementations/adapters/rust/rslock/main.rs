//! rslock as Holdfast tests it: Redlock over one or several Redis servers. Its documentation: "an implementation of Redlock";
//! `validity_time` is the "time the lock is still valid", a length from its return; `unlock` is "best effort", and tells nothing.
use holdfast_subject::{serve, Ask, Failure, Subject};
use rslock::{Lock, LockError, LockManager};
use serde_json::{json, Value};
use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// How often a wait looks whether it was given up.
const LOOK_EVERY: Duration = Duration::from_millis(20);

struct RsLock {
    runtime: Runtime,
    manager: LockManager,
    once: LockManager,
}

struct Held {
    lock: Lock,
    ttl: Duration,
}

fn connect(hello: &Value) -> RsLock {
    let addresses = |server: &Value| {
        let (user, password) = (server["username"].as_str().unwrap_or(""), server["password"].as_str());
        let login = password.map_or(String::new(), |password| format!("{user}:{password}@"));
        format!("redis://{login}{}:{}/", server["host"].as_str().unwrap_or(""), server["port"])
    };
    let uris: Vec<String> = hello["endpoints"].as_array().into_iter().flatten().map(addresses).collect();
    let (manager, mut once) = (LockManager::new(uris.clone()), LockManager::new(uris));
    once.set_retry(1, Duration::from_millis(200));
    RsLock { runtime: Runtime::new().expect("a runtime"), manager, once }
}

/// Ends with the wait, or when it is given up; what its last attempt comes to nobody knows then.
async fn until_given_up<T>(ask: &Ask, work: impl Future<Output = T>) -> Result<T, Failure> {
    let wait = Duration::from_secs_f64(ask.wait_ms / 1000.0);
    let began = Instant::now();
    tokio::pin!(work);
    loop {
        let left = wait.saturating_sub(began.elapsed());
        if let Ok(done) = timeout(left.min(LOOK_EVERY), &mut work).await {
            return Ok(done);
        }
        if ask.aborted.load(Ordering::Relaxed) {
            return Err(Failure::Refused("aborted", false));
        }
        if left.is_zero() {
            return Err(Failure::Refused("timeout", false));
        }
    }
}

fn granted(lock: Lock, ttl: Duration) -> (Held, Value) {
    let said = json!({"deadline": "documented", "leaseMs": lock.validity_time});
    (Held { lock, ttl }, said)
}

impl Subject for RsLock {
    type Handle = Held;

    fn about(&self) -> Value {
        json!({"name": "rslock", "libraryVersion": "0.10.0", "owner": "lease", "features": ["abort", "extend", "held"]})
    }

    fn acquire(&self, ask: &Ask) -> Result<(Held, Value), Failure> {
        let ttl = Duration::from_millis(ask.lease_ms as u64);
        self.runtime.block_on(async {
            let lock = if ask.wait_ms == 0.0 {
                // It is refused alike by a holder and by servers that do not answer.
                self.once.lock(ask.key.as_str(), ttl).await.map_err(|_| Failure::Refused("busy", false))?
            } else {
                until_given_up(ask, self.manager.acquire_no_guard(ask.key.as_str(), ttl)).await??
            };
            Ok(granted(lock, ttl))
        })
    }

    fn release(&self, held: Held) -> Result<Value, Failure> {
        self.runtime.block_on(held.lock.release());
        Ok(json!({"outcome": "done"}))
    }

    fn extend(&self, held: &mut Held) -> Result<Value, Failure> {
        let extended = self.runtime.block_on(self.manager.extend(&held.lock, held.ttl))?;
        let said = json!({"leaseMs": extended.validity_time});
        held.lock = extended;
        Ok(said)
    }

    fn held(&self, held: &mut Held) -> Result<Value, Failure> {
        match self.runtime.block_on(self.manager.is_freed(&held.lock)) {
            Ok(freed) => Ok(json!({"held": !freed})),
            Err(LockError::RedisKeyMismatch | LockError::RedisKeyNotFound) => Ok(json!({"held": false})),
            Err(error) => Err(error.into()),
        }
    }
}

fn main() {
    serve(connect);
}
