//! `beamlit`, which is `bl` under a name that no other program has.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    beamlit_cli::main()
}
