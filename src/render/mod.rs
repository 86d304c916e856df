//! The engines: each turns an app's source into text or objects, and knows nothing of fleets.

pub mod jinja;
