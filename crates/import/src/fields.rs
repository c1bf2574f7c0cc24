//! The columns of one line.

/// The declared columns of a line, in one buffer that is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    text: String,
    /// The buffer instead, if it is not UTF-8.
    broken: Option<Vec<u8>>,
    spans: Vec<Option<(usize, usize)>>,
}

impl Fields {
    /// The emptied buffers, to be filled for the next line.
    pub(crate) fn recycle(&mut self) -> (Vec<u8>, Vec<Option<(usize, usize)>>) {
        let mut bytes = self.broken.take().unwrap_or_else(|| std::mem::take(&mut self.text).into_bytes());
        let mut spans = std::mem::take(&mut self.spans);
        bytes.clear();
        spans.clear();
        (bytes, spans)
    }

    /// Takes the columns of a line. Returns the column that is not UTF-8, if there is one.
    pub(crate) fn fill(&mut self, bytes: Vec<u8>, spans: Vec<Option<(usize, usize)>>) -> Option<usize> {
        self.spans = spans;
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.text = text;
                // Halves of a character in two columns make a whole one side by side.
                let split = |span: &Option<(usize, usize)>| span.is_some_and(|(start, end)| self.text.get(start..end).is_none());
                self.spans.iter().position(split)
            }
            Err(error) => {
                let bytes = self.broken.insert(error.into_bytes());
                let broken =
                    |span: &Option<(usize, usize)>| span.is_some_and(|(start, end)| std::str::from_utf8(&bytes[start..end]).is_err());
                Some(self.spans.iter().position(broken).unwrap_or(0))
            }
        }
    }

    /// A column's text; empty if the line does not have it.
    pub(crate) fn text(&self, column: usize) -> &str {
        let span = self.spans.get(column).copied().flatten();
        span.and_then(|(start, end)| self.text.get(start..end)).unwrap_or("")
    }

    /// A column's bytes; nothing if the line does not have it.
    pub(crate) fn bytes(&self, column: usize) -> Option<&[u8]> {
        let (start, end) = self.spans.get(column).copied().flatten()?;
        self.broken.as_deref().unwrap_or(self.text.as_bytes()).get(start..end)
    }

    /// For tests.
    #[cfg(test)]
    pub(crate) fn of(columns: &[&str]) -> Self {
        let mut fields = Self::default();
        let (mut bytes, mut spans) = fields.recycle();
        for column in columns {
            spans.push(Some((bytes.len(), bytes.len() + column.len())));
            bytes.extend_from_slice(column.as_bytes());
        }
        fields.fill(bytes, spans);
        fields
    }
}
