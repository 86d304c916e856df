//! Freeing nested collections without a call frame for each level: a template can nest them without end.

use super::value::{MapState, Tracked, Value};

/// Frees what a map holds.
pub(super) fn map(state: &mut MapState) {
    free(state.take().into_values().collect());
}

/// Frees what a list holds.
pub(super) fn list(items: Option<Vec<Tracked>>) {
    free(items.unwrap_or_default());
}

fn free(mut waiting: Vec<Tracked>) {
    while let Some(next) = waiting.pop() {
        match next.value {
            Value::Map(mut map) => {
                if let Some(body) = map.body() {
                    waiting.extend(body.take().into_values());
                }
            }
            Value::List(mut list) => waiting.extend(list.take().into_iter().flatten()),
            _ => {}
        }
    }
}
