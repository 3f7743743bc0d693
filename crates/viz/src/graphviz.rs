//! The `dot` program of Graphviz, which lays out a graph and draws it.

use std::{
    io::{self, Seek, Write},
    process::{Command, Output, Stdio},
};

use crate::error::Error;

/// The program's name, looked for where the user's shell would.
pub(crate) const PROGRAM: &str = "dot";

/// The picture of `dot` text in a format of Graphviz, such as `svg`.
pub(crate) fn render(program: &str, dot: &str, format: &str) -> Result<Vec<u8>, Error> {
    let output = run(program, dot, format).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            Error::GraphvizMissing { program: program.to_owned() }
        } else {
            Error::Graphviz { message: error.to_string() }
        }
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let message = format!("{}, {}", output.status, said.trim());
        return Err(Error::Graphviz { message });
    }
    Ok(output.stdout)
}

/// Runs the program. It reads from a file, since it may write before it has read everything from a pipe, and
/// both sides would wait for each other.
fn run(program: &str, dot: &str, format: &str) -> io::Result<Output> {
    let mut input = tempfile::tempfile()?;
    input.write_all(dot.as_bytes())?;
    input.rewind()?;
    Command::new(program).arg(format!("-T{format}")).stdin(Stdio::from(input)).output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_the_way_to_get_it() {
        let error = render("no-such-program", "digraph {}", "svg").unwrap_err().to_string();
        assert!(error.contains("`no-such-program` of Graphviz"), "{error}");
        assert!(error.contains("apt install graphviz"), "{error}");
    }

    #[test]
    fn what_the_program_says_is_in_the_error() {
        match render(PROGRAM, "digraph {", "svg").unwrap_err() {
            Error::Graphviz { message } => assert!(message.contains("syntax error"), "{message}"),
            error => assert!(matches!(error, Error::GraphvizMissing { .. }), "{error}"),
        }
    }
}
