//! The functions that a template may call, by name.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::call::Function;

/// A table of functions. A template is parsed with one and keeps their indices, so it is executed with the same.
#[derive(Debug, Default)]
pub struct Functions {
    list: Vec<Function>,
    by_name: HashMap<&'static str, u32, FixedState>,
}

impl Functions {
    /// A table of some layers: a later function takes the place of an earlier one of its name, as Helm's take that of
    /// sprig's, and sprig's that of Go's own.
    pub fn new<'f>(layers: impl IntoIterator<Item = &'f [Function]>) -> Self {
        let mut table = Self::default();
        for function in layers.into_iter().flatten() {
            table.add(*function);
        }
        table
    }

    fn add(&mut self, function: Function) {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let at = *self.by_name.entry(function.name).or_insert(next);
        match self.list.get_mut(at as usize) {
            Some(earlier) => *earlier = function,
            None => self.list.push(function),
        }
    }

    /// The index of the function with a name.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// The function at an index that [`Functions::get`] gave.
    pub fn at(&self, index: u32) -> &Function {
        &self.list[index as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::{f, ok, variadic};
    use super::*;

    #[test]
    fn later_functions_replace_earlier_ones() {
        let go = [f("len", &[], |_| ok(1.0)), f("slice", &[], |_| ok(1.0))];
        let sprig = [variadic("slice", &[], |_| ok(1.0)), f("trunc", &[], |_| ok(1.0))];
        let table = Functions::new([&go[..], &sprig[..]]);
        assert_eq!([table.get("len"), table.get("slice"), table.get("trunc")], [Some(0), Some(1), Some(2)]);
        assert!(table.at(1).signature.variadic, "sprig's");
        assert_eq!(table.get("nope"), None);
    }

    #[test]
    fn threads_share_a_table() {
        fn shared<T: Send + Sync>() {}
        shared::<Functions>();
    }
}
