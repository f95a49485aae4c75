//! What surrounds blocks: the bar of a quotation, the ground of a callout. Each slab draws its own part of it, so that a
//! frame can go over to the next page.

use super::draw::Draw;
use super::ground;
use crate::colour::Colour;

/// A frame around slabs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub(crate) x: f32,
    pub(crate) width: f32,
    pub(crate) bar: Colour,
    pub(crate) ground: Option<Colour>,
}

/// How wide the bar is.
const BAR: f32 = 2.5;

impl Frame {
    /// What it draws around a slab of a height.
    pub(crate) fn draws(self, height: f32) -> impl Iterator<Item = Draw> {
        // A hair taller than the slab, so that no light shows between two.
        let tall = height + 0.2;
        let ground_box = self.ground.map(|fill| ground(self.x, self.width, tall, fill));
        ground_box.into_iter().chain([ground(self.x, BAR, tall, self.bar)])
    }
}
