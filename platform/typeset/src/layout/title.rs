//! The head of the first page.

use super::draw::{Draw, Slab};
use super::flow::{Flow, words};
use super::nodes::Kind;
use super::paragraph::Type;
use crate::colour::{BRASS, SOFT};
use crate::document::{Span, Title};
use crate::fonts::Face;

pub(super) fn title(flow: &mut Flow<'_>, title: &Title) {
    if !title.kicker.is_empty() {
        let kicker = Type { size: 9.5, leading: 14.0, face: Face::Bold, colour: SOFT };
        let node = flow.node(Kind::Paragraph);
        flow.paragraph_as(&[Span::plain(title.kicker.clone())], kicker, node);
        flow.push(Slab { height: 5.0, keep: true, ..Slab::default() });
    }
    let kind = Type { size: 26.0, leading: 32.0, face: Face::Display, colour: words(title.tone) };
    let node = flow.node(Kind::Title);
    flow.paragraph_as(&[Span::plain(title.text.clone())], kind, node);
    let rule = Draw::Box { x: flow.x, y: 8.0, width: 64.0, height: 2.5, fill: BRASS, node: None };
    flow.push(Slab { height: 24.0, draws: vec![rule], ..Slab::default() });
}
