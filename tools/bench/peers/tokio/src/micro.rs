// micro.rs: tokio's runtime of one thread.
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, Mutex};
use tokio::task;

const SEED: u32 = 12345;
const GATHERED: u64 = 1000;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut Timespec) -> i32;
    fn sysconf(name: i32) -> i64;
}

// CPU time of the process, in nanoseconds.
fn cpu() -> f64 {
    let mut t = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(2, &mut t) };
    t.seconds as f64 * 1e9 + t.nanoseconds as f64
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * unsafe { sysconf(30) } as f64
}

fn report(measure: &str, begin: f64, operations: u64) {
    println!("{} {:.4}", measure, (cpu() - begin) / operations as f64);
}

fn number(name: &str) -> u64 {
    name.rsplit('-').next().unwrap().parse().unwrap()
}

fn next_random(state: &mut u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    *state
}

fn random_delay(state: &mut u32) -> Duration {
    Duration::from_millis(500 + u64::from(next_random(state) % 1500))
}

async fn yielder(n: u64) {
    for _ in 0..n {
        task::yield_now().await
    }
}

async fn resume(name: &str, n: u64) {
    let count = number(name);
    let each = n / count + 1;
    let begin = cpu();
    let all: Vec<_> = (0..count).map(|_| tokio::spawn(yielder(each))).collect();
    for one in all {
        one.await.unwrap()
    }
    report(name, begin, each * count);
}

#[inline(never)]
async fn child(x: u64) -> u64 {
    x + 1
}

async fn call(name: &str, n: u64) {
    let mut x = 0;
    let begin = cpu();
    for i in 0..n {
        x = child(std::hint::black_box(i)).await
    }
    report(name, begin, n);
    assert!(x == n);
}

fn level(depth: u64, n: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if depth > 1 {
            level(depth - 1, n).await
        } else {
            yielder(n).await
        }
    })
}

async fn depth(name: &str, n: u64) {
    let begin = cpu();
    level(number(name), n).await;
    report(name, begin, n);
}

async fn create_join(name: &str, n: u64) {
    let begin = cpu();
    for _ in 0..n {
        tokio::spawn(async {}).await.unwrap()
    }
    report(name, begin, n);
}

async fn gather(name: &str, n: u64) {
    let rounds = (n + GATHERED - 1) / GATHERED;
    let begin = cpu();
    for _ in 0..rounds {
        let all: Vec<_> = (0..GATHERED).map(|_| tokio::spawn(async {})).collect();
        for one in all {
            one.await.unwrap()
        }
    }
    report(name, begin, rounds * GATHERED);
}

async fn queue(name: &str, n: u64) {
    let (put, mut get) = mpsc::channel(number(name) as usize);
    let begin = cpu();
    let producer = tokio::spawn(async move {
        for i in 0..n {
            put.send(i).await.unwrap()
        }
    });
    let mut sum = 0;
    while let Some(item) = get.recv().await {
        sum += item
    }
    report(name, begin, n);
    assert!(sum == n * (n - 1) / 2);
    producer.await.unwrap();
}

async fn ping_pong(name: &str, n: u64) {
    let (put, mut there) = mpsc::channel(1);
    let (back, mut get) = mpsc::channel(1);
    let begin = cpu();
    let pong = tokio::spawn(async move {
        while let Some(item) = there.recv().await {
            back.send(item).await.unwrap()
        }
    });
    for i in 0..n {
        put.send(i).await.unwrap();
        assert!(get.recv().await == Some(i));
    }
    report(name, begin, n);
    drop(put);
    pong.await.unwrap();
}

async fn contender(mutex: Arc<Mutex<()>>, n: u64) {
    for _ in 0..n {
        let _held = mutex.lock().await;
        task::yield_now().await
    }
}

async fn lock(name: &str, n: u64) {
    let mutex = Arc::new(Mutex::new(()));
    let begin = cpu();
    let other = tokio::spawn(contender(mutex.clone(), n / 2));
    tokio::spawn(contender(mutex, n / 2)).await.unwrap();
    other.await.unwrap();
    report(name, begin, n / 2 * 2);
}

// Starts it: a timer of tokio's is a future, and starts when it is polled for the first time.
async fn start(sleep: &mut Pin<Box<tokio::time::Sleep>>) {
    std::future::poll_fn(|context| {
        let _ = sleep.as_mut().poll(context);
        std::task::Poll::Ready(())
    })
    .await
}

async fn start_all(n: u64, state: &mut u32) -> Vec<Option<Pin<Box<tokio::time::Sleep>>>> {
    let mut all = Vec::with_capacity(n as usize);
    for _ in 0..n {
        let mut sleep = Box::pin(tokio::time::sleep(random_delay(state)));
        start(&mut sleep).await;
        all.push(Some(sleep));
    }
    all
}

async fn timers(_: &str, n: u64) {
    let mut state = SEED;
    let begin = cpu();
    let all = start_all(n, &mut state).await;
    report("timer-start", begin, n);
    std::thread::sleep(Duration::from_millis(2100));
    let begin = cpu();
    for one in all {
        one.unwrap().await
    }
    report("timer-fire", begin, n);
    let mut all = start_all(n, &mut state).await;
    let mut order: Vec<usize> = (0..n as usize).collect();
    state = SEED;
    for i in (1..n as usize).rev() {
        order.swap(i, next_random(&mut state) as usize % (i + 1))
    }
    let begin = cpu();
    for i in order {
        all[i] = None
    }
    report("timer-cancel", begin, n);
}

async fn sleep(_: &str, n: u64) {
    let duration = Duration::from_millis(if n > 100_000 { 3000 } else { 1000 });
    let bytes = resident();
    let begin = cpu();
    let all: Vec<_> = (0..n).map(|_| tokio::spawn(tokio::time::sleep(duration))).collect();
    // the last one has begun when one that was started behind it has ended
    tokio::spawn(async {}).await.unwrap();
    report("sleep-start", begin, n);
    println!("sleep-bytes {:.4}", (resident() - bytes) / n as f64);
    std::thread::sleep(duration + Duration::from_millis(100));
    let begin = cpu();
    for one in all {
        one.await.unwrap()
    }
    report("sleep-wake", begin, n);
}

const WORKLOADS: [&str; 14] = [
    "resume-2", "resume-1000", "call", "depth-1", "depth-10", "depth-100", "create-join", "gather", "ping-pong", "queue-1",
    "queue-100", "lock", "timers", "sleep",
];

async fn run(name: String, n: u64) {
    let name = name.as_str();
    match name {
        "call" => call(name, n).await,
        "create-join" => create_join(name, n).await,
        "gather" => gather(name, n).await,
        "ping-pong" => ping_pong(name, n).await,
        "lock" => lock(name, n).await,
        "timers" => timers(name, n).await,
        "sleep" => sleep(name, n).await,
        _ if name.starts_with("resume-") => resume(name, n).await,
        _ if name.starts_with("depth-") => depth(name, n).await,
        _ if name.starts_with("queue-") => queue(name, n).await,
        _ => std::process::exit(2),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() < 3 {
        WORKLOADS.iter().for_each(|name| println!("{}", name));
        return;
    }
    let (name, n) = (arguments[1].clone(), arguments[2].parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move { tokio::spawn(run(name, n)).await.unwrap() });
}
