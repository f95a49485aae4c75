//! Puts slabs on pages: what belongs together stays together where a page can hold it, and the head of a table stands
//! above each of its parts.

use super::draw::{Draw, Page, Placed, Slab};

/// Fills pages of a height. `heads` are the heads of tables.
pub(crate) fn pages(slabs: &[Slab], heads: &[Slab], height: f32) -> Vec<Page> {
    let mut filling = Filling { pages: vec![Page::default()], used: 0.0, turning: false, height, heads };
    let mut rest = slabs;
    while !rest.is_empty() {
        let length = rest.iter().position(|slab| !slab.keep).map_or(rest.len(), |last| last + 1);
        let (group, after) = rest.split_at(length);
        filling.take(group);
        rest = after;
    }
    filling.pages
}

struct Filling<'a> {
    pages: Vec<Page>,
    used: f32,
    /// What comes next begins a page.
    turning: bool,
    height: f32,
    heads: &'a [Slab],
}

impl Filling<'_> {
    /// Puts down slabs that belong together.
    fn take(&mut self, group: &[Slab]) {
        if group.iter().all(|slab| slab.gap) {
            self.turning |= group.iter().any(|slab| slab.fresh);
            let tall: f32 = group.iter().map(|slab| slab.height).sum();
            // Space at the edges of a page is not seen.
            if !self.turning && !self.is_empty() && self.used + tall <= self.height {
                group.iter().for_each(|slab| self.place(slab.clone()));
            }
            return;
        }
        let tall: f32 = group.iter().map(|slab| slab.height).sum();
        let head = group.iter().find_map(|slab| self.head(slab)).map_or(0.0, |head| head.height);
        let over = self.used + tall > self.height && tall + head <= self.height;
        if !self.is_empty() && (over || self.turning) {
            self.turn();
        }
        self.turning = false;
        for slab in group {
            if !self.is_empty() && self.used + slab.height > self.height {
                self.turn();
            }
            self.put(slab);
        }
    }

    fn put(&mut self, slab: &Slab) {
        if self.is_empty() {
            // The page begins with what comes after a space.
            if slab.gap {
                return;
            }
            if let Some(head) = self.head(slab).cloned() {
                self.place(decoration(head));
            }
        }
        self.place(slab.clone());
    }

    fn place(&mut self, slab: Slab) {
        let y = self.used;
        self.used += slab.height;
        if let Some(page) = self.pages.last_mut() {
            page.placed.push(Placed { y, slab });
        }
    }

    fn head(&self, slab: &Slab) -> Option<&Slab> {
        slab.head.and_then(|head| self.heads.get(head))
    }

    fn is_empty(&self) -> bool {
        self.pages.last().is_none_or(|page| page.placed.is_empty())
    }

    fn turn(&mut self) {
        self.pages.push(Page::default());
        self.used = 0.0;
    }
}

/// The head as it stands on later pages: seen, and not read out again.
fn decoration(mut head: Slab) -> Slab {
    head.draws.retain(|draw| !matches!(draw, Draw::Link { .. } | Draw::PageOf { .. }));
    for draw in &mut head.draws {
        match draw {
            Draw::Text { node, .. } | Draw::Box { node, .. } | Draw::Line { node, .. } | Draw::Dot { node, .. } => {
                *node = None;
            }
            Draw::Link { .. } | Draw::PageOf { .. } => {}
        }
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slab(height: f32) -> Slab {
        Slab { height, ..Slab::default() }
    }

    fn heights(slabs: &[Slab], heads: &[Slab]) -> Vec<Vec<f32>> {
        let placed = |page: Page| page.placed.iter().map(|one| one.slab.height).collect();
        pages(slabs, heads, 100.0).into_iter().map(placed).collect()
    }

    #[test]
    fn a_heading_goes_over_with_what_follows_it() {
        let heading = Slab { keep: true, ..slab(20.0) };
        assert_eq!(heights(&[slab(70.0), heading, slab(30.0)], &[]), [vec![70.0], vec![20.0, 30.0]]);
    }

    #[test]
    fn what_is_too_tall_to_stay_together_is_divided() {
        let kept = Slab { keep: true, ..slab(60.0) };
        assert_eq!(
            heights(&[slab(30.0), kept.clone(), kept, slab(60.0)], &[]),
            [vec![30.0, 60.0], vec![60.0], vec![60.0]]
        );
    }

    #[test]
    fn a_table_shows_its_head_on_each_page() {
        let row = Slab { head: Some(0), ..slab(30.0) };
        let first = Slab { keep: true, ..slab(11.0) };
        let rows = [vec![first.clone()], vec![row; 6]].concat();
        assert_eq!(heights(&rows, &[first]), [vec![11.0, 30.0, 30.0], vec![11.0, 30.0, 30.0], vec![11.0, 30.0, 30.0]]);
    }

    #[test]
    fn pages_begin_with_no_space_and_breaks_are_kept() {
        let gap = Slab { gap: true, ..slab(10.0) };
        let fresh = Slab { gap: true, fresh: true, ..slab(0.0) };
        let slabs = [gap.clone(), slab(95.0), gap.clone(), slab(50.0), fresh.clone(), gap, slab(5.0), fresh];
        assert_eq!(heights(&slabs, &[]), [vec![95.0], vec![50.0], vec![5.0]]);
    }
}
