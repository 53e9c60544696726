//! The words after the command.

use crate::Outcome;

/// What is left of the command line; each `take` removes what it finds.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn new(words: Vec<String>) -> Self {
        Self(words)
    }

    /// Whether the flag was given.
    pub(crate) fn take_flag(&mut self, flag: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != flag);
        self.0.len() < before
    }

    /// The word after `flag`, or after `flag=`.
    pub(crate) fn take_value(&mut self, flag: &str) -> Option<String> {
        let at = self.0.iter().position(|word| word == flag || word.starts_with(&format!("{flag}=")))?;
        let word = self.0.remove(at);
        match word.split_once('=') {
            Some((_, value)) => Some(value.to_owned()),
            None if at < self.0.len() => Some(self.0.remove(at)),
            None => None,
        }
    }

    /// The first word that is not a flag.
    pub(crate) fn take_word(&mut self) -> Option<String> {
        let at = self.0.iter().position(|word| !word.starts_with('-'))?;
        Some(self.0.remove(at))
    }

    /// Fails when a word is left that nobody took.
    pub(crate) fn end(self) -> Outcome {
        match self.0.first() {
            None => Ok(()),
            Some(word) => {
                Err(format!("unknown argument {word:?}; `cargo xtask` without a command lists them all"))
            }
        }
    }
}
