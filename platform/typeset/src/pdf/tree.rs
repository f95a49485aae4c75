//! The structure of the document as tags. A part comes where its first piece is drawn, so that the order of the tree is
//! the order of the pages.

use std::num::NonZeroU16;

use krilla::tagging::{Identifier, ListNumbering, Node as Leaf, TableHeaderScope, Tag, TagGroup, TagKind, TagTree};

use crate::layout::{Kind, Nodes};

enum Child {
    Part(usize),
    Piece(Identifier),
}

pub(super) struct Tree<'a> {
    nodes: &'a Nodes,
    children: Vec<Vec<Child>>,
    attached: Vec<bool>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(nodes: &'a Nodes) -> Self {
        let count = nodes.0.len();
        let children = std::iter::repeat_with(Vec::new).take(count).collect();
        Self { nodes, children, attached: vec![false; count] }
    }

    /// Says that a piece of a page belongs to a part.
    pub(super) fn add(&mut self, node: usize, piece: Identifier) {
        self.attach(node);
        if let Some(children) = self.children.get_mut(node) {
            children.push(Child::Piece(piece));
        }
    }

    /// What another program is told of the part.
    pub(super) fn kind(&self, node: usize) -> Option<&Kind> {
        self.nodes.0.get(node).map(|node| &node.kind)
    }

    fn attach(&mut self, node: usize) {
        let Some(attached) = self.attached.get_mut(node) else { return };
        if std::mem::replace(attached, true) {
            return;
        }
        // Parts are at most as deep as blocks nest, which the layout bounds.
        if let Some(parent) = self.nodes.0.get(node).and_then(|node| node.parent) {
            self.attach(parent);
            if let Some(children) = self.children.get_mut(parent) {
                children.push(Child::Part(node));
            }
        }
    }

    pub(super) fn finish(mut self, language: &str) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        for child in self.leaves(0) {
            tree.push(child);
        }
        tree
    }

    fn leaves(&mut self, node: usize) -> Vec<Leaf> {
        let children = self.children.get_mut(node).map(std::mem::take).unwrap_or_default();
        let leaf = |child| match child {
            Child::Piece(piece) => Leaf::from(piece),
            Child::Part(part) => {
                let kind = self.kind(part).map_or_else(|| Tag::NonStruct.into(), tag);
                Leaf::from(TagGroup::with_children(kind, self.leaves(part)))
            }
        };
        children.into_iter().map(leaf).collect()
    }
}

fn tag(kind: &Kind) -> TagKind {
    match kind {
        Kind::Document => Tag::Part.into(),
        Kind::Title => Tag::Title.into(),
        Kind::Heading(level, text) => {
            Tag::Hn(NonZeroU16::new(u16::from(*level)).unwrap_or(NonZeroU16::MIN), Some(text.clone())).into()
        }
        Kind::Paragraph => Tag::P.into(),
        Kind::List(numbered) => Tag::L(if *numbered { ListNumbering::Decimal } else { ListNumbering::Disc }).into(),
        Kind::Item => Tag::LI.into(),
        Kind::Label => Tag::Lbl.into(),
        Kind::Body => Tag::LBody.into(),
        Kind::Quote => Tag::BlockQuote.into(),
        Kind::Aside => Tag::Div.into(),
        Kind::Table => Tag::Table.into(),
        Kind::Head => Tag::THead.into(),
        Kind::Rows => Tag::TBody.into(),
        Kind::Row => Tag::TR.into(),
        Kind::HeadCell => Tag::TH(TableHeaderScope::Column).into(),
        Kind::Cell => Tag::TD.into(),
        Kind::Figure(alt) => Tag::Figure(Some(alt.clone())).into(),
        Kind::Contents => Tag::TOC.into(),
        Kind::Entry => Tag::TOCI.into(),
        Kind::Link(_) => Tag::Link.into(),
    }
}
