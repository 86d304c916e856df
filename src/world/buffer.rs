//! A buffer for each thread that reads: texts are kept in just the room that they need, made once.

use std::cell::RefCell;

/// What a thread keeps for its next file, at most: larger ones are rare.
const KEPT: usize = 1 << 20;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends the thread's buffer.
pub(super) fn with<R>(read: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut buffer = BUFFER.take();
    let result = read(&mut buffer);
    if buffer.capacity() <= KEPT {
        BUFFER.set(buffer);
    }
    result
}
