//! The `holdfast` binary.

/// Less CPU and a third of the memory of the system allocator on large estates.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    holdfast::cli::run()
}
