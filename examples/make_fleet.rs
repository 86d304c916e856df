//! Makes a synthetic fleet: `cargo run --example make_fleet DIR [CLUSTERS [APPS [SEED [VERSION]]]]`.

#[path = "../benches/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::ExitCode;

use support::fleet::Shape;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(dir) = args.next() else {
        eprintln!("usage: make_fleet DIR [CLUSTERS [APPS [SEED [VERSION]]]]");
        return ExitCode::from(2);
    };
    let mut number = |or: u64| args.next().map_or(Ok(or), |n| n.parse::<u64>().map_err(|e| format!("`{n}`: {e}")));
    let mut shape = || -> Result<Shape, String> {
        let count = |n: u64| usize::try_from(n).map_err(|e| e.to_string());
        Ok(Shape { clusters: count(number(100)?)?, apps: count(number(50)?)?, seed: number(1)?, version: number(1)? })
    };
    let made = shape().and_then(|shape| shape.make(Path::new(&dir)).map_err(|e| e.to_string()));
    match made {
        Ok(made) => {
            println!("{} files, {} bytes in {dir}", made.files, made.bytes);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
