//! The memory of this process, as Linux tells it.

use std::fs;

/// Has the peak counted from now on. Where the system cannot, it is counted from the start of the process.
#[expect(clippy::disallowed_methods, reason = "a switch of the kernel is no file to be replaced")]
pub fn forget_peak() {
    // 5 resets the peak of resident memory: man 5 proc_pid_clear_refs.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that was resident, in bytes; `None` where the system does not tell.
pub fn peak_bytes() -> Option<usize> {
    status("VmHWM:")
}

/// The memory that is resident now.
pub fn resident_bytes() -> Option<usize> {
    status("VmRSS:")
}

fn status(field: &str) -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}
