use super::Attachment;
use crate::engine::event::Material;

/// How many characters of attachments every seat reads, all together. Every call carries them, so they are few; the rest
/// is found by research.
const SHOWN: usize = 12_000;
/// How much of a text is kept to be shown.
pub(crate) const BEGINNING: usize = SHOWN;

/// What every seat reads of the attachments. Short ones are shown whole, long ones share what those leave.
pub(crate) fn materials(attached: Vec<(Attachment, String)>) -> Vec<Material> {
    let readable: Vec<(Attachment, String)> = attached.into_iter().filter(|(one, _)| one.characters > 0).collect();
    let lengths: Vec<usize> = readable.iter().map(|(one, _)| one.characters).collect();
    let shares = shares(&lengths, SHOWN);
    readable
        .into_iter()
        .zip(shares)
        .map(|((attachment, beginning), share)| Material {
            source_id: attachment.id.to_string(),
            suspicious: attachment.is_suspicious(),
            text: cut(&beginning, share),
            title: attachment.name,
            characters: attachment.characters,
        })
        .collect()
}

/// Divides what there is: who needs less than an even share gets all it needs, the others share the rest.
fn shares(wanted: &[usize], all: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| wanted[*index]);
    let mut given = vec![0; wanted.len()];
    let mut left = all;
    for (place, index) in order.iter().enumerate() {
        let share = left / (order.len() - place);
        given[*index] = wanted[*index].min(share);
        left -= given[*index];
    }
    given
}

/// The beginning of a text, to the end of a word where it is cut.
fn cut(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let head = &text[..end];
    let word = head.rfind(char::is_whitespace).filter(|at| *at > end / 2).unwrap_or(end);
    head[..word].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ones_are_whole_and_long_ones_share_the_rest() {
        assert_eq!(shares(&[100, 90_000, 50_000], 12_000), [100, 5_950, 5_950]);
        assert_eq!(shares(&[12_000], 12_000), [12_000]);
        assert_eq!(shares(&[20_000; 10], 12_000), [1_200; 10]);
        assert_eq!(shares(&[], 12_000), Vec::<usize>::new());
    }

    #[test]
    fn a_text_is_cut_at_a_word() {
        assert_eq!(cut("the rent is high", 10), "the rent");
        assert_eq!(cut("租金每月四千一百欧元", 4), "租金每月");
        assert_eq!(cut("short", 10), "short");
    }
}
