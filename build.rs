//! Gives the build a name, and links optimised builds for Linux with glibc at a fixed address.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    fixed_address();
    name()
}

/// Half of what starting takes is the loader's rewriting of addresses, where there are any to rewrite. Static builds (musl)
/// are left as they are: rustc's start files for them want to be moved.
fn fixed_address() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |variable: &str, value: &str| env::var(variable).is_ok_and(|found| found == value);
    let linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    if linux && is("PROFILE", "release") && !features.split(',').any(|feature| feature == "crt-static") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

/// `TERRACE_BUILD`: results of another build are never taken for its own.
fn name() -> io::Result<()> {
    let mut files = Vec::new();
    for place in ["src", "schemas", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={place}");
        collect(Path::new(place), &mut files)?;
    }
    files.sort();
    // Two hashes with fixed keys: nobody gains by making two builds share a name.
    let (mut one, mut other) = (DefaultHasher::new(), DefaultHasher::new());
    other.write_u8(1);
    for file in files {
        let bytes = fs::read(&file)?;
        for hash in [&mut one, &mut other] {
            hash.write(file.to_string_lossy().as_bytes());
            hash.write_usize(bytes.len());
            hash.write(&bytes);
        }
    }
    println!("cargo::rustc-env=TERRACE_BUILD={:016x}{:016x}", one.finish(), other.finish());
    Ok(())
}

fn collect(place: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if place.is_dir() {
        for entry in fs::read_dir(place)? {
            collect(&entry?.path(), files)?;
        }
    } else if place.exists() {
        files.push(place.to_owned());
    }
    Ok(())
}
