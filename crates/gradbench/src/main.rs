//! Speaks GradBench's protocol on standard input and output until the input ends.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use retrograd_gradbench::answer;

fn main() -> ExitCode {
    match serve() {
        // The suite closes the pipe when it has enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("retrograd-gradbench: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Answers each line by a line.
fn serve() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().split(b'\n') {
        let response = answer(&line?).map_err(io::Error::other)?;
        writeln!(output, "{response}")?;
        output.flush()?;
    }
    Ok(())
}
