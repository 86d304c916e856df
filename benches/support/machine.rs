//! What tables of measurements say of where they were made.

/// The machine, in a line.
pub fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")).map(|l| l.trim_start_matches([' ', '\t', ':']));
    let model = model.unwrap_or(std::env::consts::ARCH);
    format!("{cores} cores ({model}), {}", std::env::consts::OS)
}
