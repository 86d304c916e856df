//! Work on all threads, and who may ask for that.
//!
//! Where the pool may not be needed (one chart, one kustomization), it starts when there is first enough for it to do: many
//! runs end before its threads would have begun.
//!
//! A thread of the pool that waits for others takes up other work meanwhile. If that work wants what the thread is in the
//! middle of making, both wait forever. So what others wait for (a chart that is read once for all clusters) is made
//! [`alone`], and whatever may be part of that asks for help through [`map`] and [`each`].

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::{Once, OnceLock};
use std::thread;

use rayon::prelude::*;

/// So many small things (files, resources) are done faster than threads are started.
pub const FEW: usize = 64;

static THREADS: OnceLock<NonZeroUsize> = OnceLock::new();

/// How many threads work at once. By default as many as there are cores; later calls change nothing.
pub fn use_threads(threads: NonZeroUsize) {
    let _ = THREADS.set(threads);
}

/// Starts the pool, if nobody has. The program's main thread, if it is the one that starts it, is one of the pool's: it
/// would only wait, and every thread that works takes memory of its own.
pub fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let threads =
            THREADS.get().copied().or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        // By itself it couldn't help a thread that it waits for.
        let joins = threads > 1 && thread::current().name() == Some("main");
        // Fails if a pool is there already, or no thread can be started: rayon then makes do.
        let _ = if joins { pool.use_current_thread().build_global() } else { pool.build_global() };
    });
}

thread_local! {
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Makes something that other threads wait for: nothing of it is given to them.
pub fn alone<R>(make: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            ALONE.set(self.0);
        }
    }
    let _before = Before(ALONE.replace(true));
    make()
}

/// Whether this thread makes something that others wait for.
pub fn is_alone() -> bool {
    ALONE.get()
}

/// The same of each item, in order: on all threads, unless this one is [`alone`].
pub fn map<T: Send, R: Send>(items: Vec<T>, each: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    if is_alone() {
        return items.into_iter().map(each).collect();
    }
    start();
    items.into_par_iter().map(each).collect()
}

/// The same with each item: on all threads, unless this one is [`alone`]. One that takes long keeps none waiting that come
/// after it.
pub fn each<T: Sync>(items: &[T], each: impl Fn(&T) + Sync + Send) {
    if is_alone() {
        return items.iter().for_each(each);
    }
    start();
    items.par_iter().with_max_len(1).for_each(each);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::thread::ThreadId;
    use std::time::Duration;

    use super::*;

    fn threads() -> Vec<ThreadId> {
        map((0..1000).collect(), |_: i32| thread::current().id())
    }

    #[test]
    fn what_others_wait_for_is_made_by_one_thread() {
        let own = thread::current().id();
        assert!(alone(threads).iter().all(|id| *id == own));
        // Also within what is made within it, and no longer.
        alone(|| {
            alone(|| ());
            assert!(is_alone());
        });
        assert!(!is_alone());
        assert!(std::panic::catch_unwind(|| alone(|| panic!("on purpose"))).is_err());
        assert!(!is_alone());
    }

    #[test]
    fn threads_that_wait_for_one_another_end() {
        let (done, waiting) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
            let pause = || thread::sleep(Duration::from_micros(100));
            for _ in 0..20 {
                let cells: [OnceLock<usize>; 4] = Default::default();
                let made: BTreeSet<usize> = pool.install(|| {
                    // Every other item waits for nobody: its thread looks for work where others are in the middle of theirs.
                    let make = |i: usize| match cells.get(i % 8) {
                        Some(cell) => *cell.get_or_init(|| alone(|| map((0..40).collect(), |_: i32| pause()).len())),
                        None => 40,
                    };
                    map((0..400).collect(), make).into_iter().collect()
                });
                assert_eq!(made, [40].into());
            }
            done.send(()).unwrap();
        });
        assert!(waiting.recv_timeout(Duration::from_secs(60)).is_ok(), "they wait for one another forever");
    }
}
