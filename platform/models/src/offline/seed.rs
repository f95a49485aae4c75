/// The only source of variety: a number made from texts. The same texts always give the same choices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed(u64);

impl Seed {
    /// A seed of these texts, in this order.
    pub(super) fn of(parts: &[&str]) -> Self {
        parts.iter().fold(Self(0xcbf2_9ce4_8422_2325), |seed, part| seed.with(part))
    }

    /// A seed of its own for one use of this one.
    pub(super) fn with(self, part: &str) -> Self {
        // FNV-1a over the bytes and an end mark, so that ("ab", "c") and ("a", "bc") differ.
        let hash = part
            .bytes()
            .chain([0xff])
            .fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(hash)
    }

    /// The well-mixed number (the finaliser of SplitMix64): FNV alone leaves neighbours alike.
    pub(super) fn number(self) -> u64 {
        let mut mixed = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, 1.
    pub(super) fn unit(self) -> f64 {
        f64::from(u32::try_from(self.number() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    /// True in the given share of seeds.
    pub(super) fn chance(self, share: f64) -> bool {
        self.unit() < share
    }

    /// A number below `count`; 0 when there is nothing to choose from.
    pub(super) fn below(self, count: usize) -> usize {
        let Ok(wide) = u64::try_from(count) else { return 0 };
        if wide == 0 { 0 } else { usize::try_from(self.number() % wide).unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn the_same_texts_give_the_same_number_and_others_another() {
        assert_eq!(Seed::of(&["a", "b"]).number(), Seed::of(&["a", "b"]).number());
        assert_ne!(Seed::of(&["ab", "c"]).number(), Seed::of(&["a", "bc"]).number());
    }

    #[test]
    fn choices_are_spread() {
        let hits = (0..1000).filter(|n| Seed::of(&[&n.to_string()]).chance(0.3)).count();
        assert!((230..370).contains(&hits), "{hits}");
        assert_eq!(Seed::of(&["x"]).below(0), 0);
    }
}
