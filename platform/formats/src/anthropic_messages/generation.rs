//! What a model takes, by the version in its name. A name without one belongs to somebody else's server with this
//! protocol, which gets only what has been in it longest.

/// A version: 4.5 is `(4, 5)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Generation(Option<(u32, u32)>);

impl Generation {
    pub(super) fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model);
        // Bedrock and Vertex have their own prefixes and suffixes around the name.
        let Some(at) = name.find("claude-") else { return Self(None) };
        let words = name.get(at..).unwrap_or_default().split(['-', '.', '@', ':']);
        // A date has more digits.
        let mut numbers = words.map(|word| word.parse().ok().filter(|_| word.len() <= 2)).skip_while(Option::is_none);
        let major = numbers.next().flatten();
        Self(major.map(|major| (major, numbers.next().flatten().unwrap_or_default())))
    }

    const fn at_least(self, major: u32, minor: u32) -> bool {
        match self.0 {
            Some((own, own_minor)) => own > major || (own == major && own_minor >= minor),
            None => false,
        }
    }

    /// Whether it thinks at all. Other people's servers know the field, since their clients send it.
    pub(super) const fn thinks(self) -> bool {
        self.0.is_none() || self.at_least(3, 7)
    }

    /// Whether it decides itself how much to think, told by a word.
    pub(super) const fn adapts(self) -> bool {
        self.at_least(4, 6)
    }

    /// Whether it refuses a number of tokens to think, a temperature and its like.
    pub(super) const fn refuses_numbers(self) -> bool {
        self.at_least(4, 7)
    }

    /// Whether it takes a schema for its answer and its tools.
    pub(super) const fn takes_schema(self) -> bool {
        self.at_least(4, 5)
    }

    /// Whether it takes a temperature or `top_p`, and not both.
    pub(super) const fn takes_one_sampler(self) -> bool {
        self.at_least(4, 1)
    }

    /// The output limit of a request that names none; the protocol demands one. Room for a long answer, and within the
    /// limit of the model.
    pub(super) const fn default_limit(self) -> u64 {
        match self.0 {
            Some((0..=2, _) | (3, 0)) => 4_096,
            Some((3, 1..=5)) => 8_192,
            _ => 16_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names() {
        let cases = [
            ("claude-3-haiku-20240307", Some((3, 0))),
            ("claude-3-5-sonnet-20241022", Some((3, 5))),
            ("claude-3-7-sonnet-latest", Some((3, 7))),
            ("claude-sonnet-4-20250514", Some((4, 0))),
            ("claude-opus-4-1-20250805", Some((4, 1))),
            ("anthropic/claude-sonnet-4.5", Some((4, 5))),
            ("us.anthropic.claude-opus-4-6-v1:0", Some((4, 6))),
            ("claude-haiku-4-5@20251001", Some((4, 5))),
            ("claude-opus-5", Some((5, 0))),
            ("glm-4.6", None),
        ];
        for (model, version) in cases {
            assert_eq!(Generation::of(model), Generation(version), "{model}");
        }
        assert!(Generation::of("glm-4.6").thinks() && !Generation::of("glm-4.6").takes_schema());
        assert!(Generation::of("claude-opus-5").refuses_numbers());
        assert_eq!(Generation::of("claude-3-haiku-20240307").default_limit(), 4_096);
    }
}
