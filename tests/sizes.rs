//! What a fleet has millions of stays small.

use std::mem::size_of;

use terrace::source::Origin;
use terrace::yaml::Node;

#[test]
fn nodes_and_origins_are_small() {
    assert!(size_of::<Node>() <= 32, "Node: {} bytes", size_of::<Node>());
    assert!(size_of::<Origin>() <= 8, "Origin: {} bytes", size_of::<Origin>());
}
