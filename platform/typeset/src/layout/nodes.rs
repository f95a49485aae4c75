//! The structure of a document beside its looks: what programs read aloud and search by.

/// A part of the structure, by its place.
pub(crate) type NodeId = usize;

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Document,
    Title,
    Heading(u8, String),
    Paragraph,
    List(bool),
    Item,
    Label,
    Body,
    Quote,
    Aside,
    Table,
    Head,
    Rows,
    Row,
    HeadCell,
    Cell,
    Figure(String),
    Contents,
    Entry,
    Link(String),
}

/// A part with the one that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) parent: Option<NodeId>,
}

/// All parts. The first is the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nodes(pub(crate) Vec<Node>);

/// The whole.
pub(crate) const ROOT: NodeId = 0;

impl Nodes {
    pub(crate) fn new() -> Self {
        Self(vec![Node { kind: Kind::Document, parent: None }])
    }

    /// Adds a part.
    pub(crate) fn add(&mut self, kind: Kind, parent: NodeId) -> NodeId {
        self.0.push(Node { kind, parent: Some(parent) });
        self.0.len() - 1
    }
}
