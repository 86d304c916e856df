//! The functions of sprig v3.3.0, and those that Helm adds.
