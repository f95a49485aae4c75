//! The one binary of Quorate. Everything it does is in the library, where tests reach it.

use std::process::ExitCode;

/// mimalloc: many small allocations from many threads, which is what streams and JSON make.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    quorate::cli::main(std::env::args_os())
}
