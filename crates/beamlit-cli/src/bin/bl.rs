//! `bl`, see `beamlit_cli`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    beamlit_cli::main()
}
