//! What a document is made of, without a word on how it is drawn.

use chrono::{DateTime, Utc};

/// A document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Its name, in its properties and at the foot of pages.
    pub title: String,
    /// The language it is written in, as a BCP 47 tag.
    pub language: String,
    /// When it was made, for its properties; left out unless given.
    pub created: Option<DateTime<Utc>>,
    /// The words that the pages themselves need.
    pub words: Words,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// What pages say of themselves, in the document's language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// At the foot of a page, where `{page}` and `{pages}` become numbers.
    pub page: String,
    /// What stands before the list of characters that no font of the program has.
    pub missing: String,
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// The block at the head of the first page.
    Title(Title),
    /// A heading; it is in the table of contents.
    Heading(Heading),
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A paragraph that stands back, such as a caption.
    Note(Vec<Span>),
    /// A list.
    List(List),
    /// Somebody's own words.
    Quote(Vec<Block>),
    /// What must not be overlooked.
    Callout(Callout),
    /// Names with what belongs to each.
    Facts(Vec<Fact>),
    /// A table.
    Table(Table),
    /// Counts as stacked bars.
    Bars(Bars),
    /// Shares over steps as lines.
    Curves(Curves),
    /// The table of contents, under this title.
    Contents(String),
    /// What follows begins on a new page.
    PageBreak,
}

/// A run of text in one look. A `\n` in it ends the line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub text: String,
    /// Bold.
    pub strong: bool,
    /// Italic.
    pub emphasis: bool,
    /// As a program's text is set.
    pub code: bool,
    /// Its colour.
    pub tone: Tone,
    /// Where it leads. Only http, https and mailto lead anywhere; the rest is shown as text.
    pub link: Option<String>,
}

impl Span {
    /// Plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Bold text.
    pub fn strong(text: impl Into<String>) -> Self {
        Self { strong: true, ..Self::plain(text) }
    }

    /// Italic text.
    pub fn emphasis(text: impl Into<String>) -> Self {
        Self { emphasis: true, ..Self::plain(text) }
    }

    /// The same in another tone.
    #[must_use]
    pub fn in_tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

/// What something means, which decides its colour. Nothing is told by colour alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// As the rest.
    #[default]
    Plain,
    /// For it.
    Good,
    /// For it, on terms.
    Fair,
    /// To be careful with.
    Warn,
    /// Against it.
    Bad,
    /// Neither.
    Quiet,
    /// Not there.
    Absent,
}

/// The block at the head of the first page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Title {
    /// A line above it.
    pub kicker: String,
    /// The title.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 3.
    pub level: u8,
    /// What it says.
    pub text: String,
}

/// A list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct List {
    /// The number of the first item; none for bullets.
    pub first: Option<u64>,
    /// The items.
    pub items: Vec<Vec<Block>>,
}

/// What must not be overlooked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Callout {
    /// What kind of thing it is.
    pub tone: Tone,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A name with what belongs to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// What belongs to it.
    pub value: Vec<Span>,
}

/// A table. Its head is repeated where it goes over to the next page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// What stands at its head.
    pub head: String,
    /// To which side its cells keep.
    pub align: Align,
}

/// To which side something keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Align {
    /// To the left.
    #[default]
    Start,
    /// To the right, as figures do.
    End,
}

/// A row of a table: a cell for each column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Its cells. Those that are missing are empty.
    pub cells: Vec<Vec<Span>>,
    /// Whether it sums up the others.
    pub total: bool,
}

/// A name with its colour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    /// The name.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
}

/// Counts as stacked bars.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bars {
    /// What is counted.
    pub series: Vec<Series>,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// A bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bar {
    /// What it is about.
    pub label: Vec<Span>,
    /// How many there are of each series.
    pub counts: Vec<u32>,
    /// What comes of it.
    pub note: String,
    /// The same in words, for those who cannot see it.
    pub alt: String,
}

/// Shares over steps as lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curves {
    /// The names of the steps.
    pub steps: Vec<String>,
    /// The lines.
    pub curves: Vec<Curve>,
    /// How none, half and all are written.
    pub scale: [String; 3],
    /// What stands for a value that is not known.
    pub unknown: String,
    /// The same in words, for those who cannot see it.
    pub alt: String,
}

/// A line. It is broken where a value is not known (BRD-12).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// What it shows.
    pub series: Series,
    /// A value from 0 to 1 for each step.
    pub values: Vec<Option<f64>>,
    /// How its last value is written.
    pub last: String,
}
