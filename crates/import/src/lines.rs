//! Lines of the input: unpacked if it is gzip, bounded in length.

use crate::InputError;
use flate2::bufread::MultiGzDecoder;
use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufRead, BufReader, Read},
};

/// Longest line, and longest row of several lines.
pub(crate) const LONGEST: usize = 1 << 20;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Opens a file, or standard input for `-`.
///
/// # Errors
/// If it cannot be opened.
pub fn open(path: &str) -> io::Result<Box<dyn Read + Send>> {
    Ok(if path == "-" { Box::new(io::stdin()) } else { Box::new(File::open(path)?) })
}

/// One line without its end.
#[derive(Debug)]
pub(crate) struct PhysicalLine {
    /// From 1.
    pub(crate) number: u64,
    /// At most the limit; the rest is dropped.
    pub(crate) bytes: Vec<u8>,
    /// It is longer than the limit.
    pub(crate) too_long: bool,
}

/// The lines of an input.
pub(crate) struct Lines<'i> {
    input: Box<dyn BufRead + Send + 'i>,
    read: u64,
    given_back: VecDeque<PhysicalLine>,
}

impl<'i> Lines<'i> {
    /// Whether it is gzip is in its first bytes.
    pub(crate) fn new(input: impl Read + Send + 'i) -> Result<Self, InputError> {
        let fault = |source| InputError::Read { line: 0, source };
        let (head, input) = peek(BufReader::with_capacity(1 << 16, input), GZIP.len()).map_err(fault)?;
        let input: Box<dyn BufRead + Send + 'i> =
            if head == GZIP { Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(input))) } else { Box::new(input) };
        let (head, mut input) = peek(input, BOM.len()).map_err(fault)?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(InputError::Utf16);
        }
        if head == BOM {
            input.consume(BOM.len());
        }
        Ok(Self { input: Box::new(input), read: 0, given_back: VecDeque::new() })
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> Result<Option<PhysicalLine>, InputError> {
        match self.given_back.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.read().map_err(|source| InputError::Read { line: self.read, source }),
        }
    }

    /// Lines to be read again, in their order.
    pub(crate) fn give_back(&mut self, lines: impl DoubleEndedIterator<Item = PhysicalLine>) {
        for line in lines.rev() {
            self.given_back.push_front(line);
        }
    }

    fn read(&mut self) -> io::Result<Option<PhysicalLine>> {
        let mut bytes = Vec::with_capacity(128);
        // Room for the end of the longest line.
        let mut limited = (&mut self.input).take(LONGEST as u64 + 2);
        if limited.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.read += 1;
        let ended = bytes.pop_if(|last| *last == b'\n').is_some();
        if ended {
            bytes.pop_if(|last| *last == b'\r');
        }
        let too_long = bytes.len() > LONGEST;
        if too_long {
            bytes.truncate(LONGEST);
            if !ended {
                self.input.skip_until(b'\n')?;
            }
        }
        Ok(Some(PhysicalLine { number: self.read, bytes, too_long }))
    }
}

/// The first bytes, and the whole input again.
fn peek<R: BufRead>(mut input: R, length: usize) -> io::Result<(Vec<u8>, impl BufRead)> {
    let mut head = Vec::new();
    (&mut input).take(length as u64).read_to_end(&mut head)?;
    Ok((head.clone(), io::Cursor::new(head).chain(input)))
}
