//! Numbers in digits, capitals and small letters, as long for each number of a type. No sign that a double click would
//! stop at, and none that a shell, a URL or a header reads otherwise.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The digits of the largest number of 128 bits.
pub(super) const LONG: usize = 22;
/// The digits of the largest number of 32 bits.
pub(super) const SHORT: usize = 6;

/// The last `LENGTH` digits of the number.
pub(super) fn encode<const LENGTH: usize>(mut number: u128) -> [u8; LENGTH] {
    let mut text = [b'0'; LENGTH];
    for place in text.iter_mut().rev() {
        *place = DIGITS[usize::try_from(number % 62).unwrap_or_default()];
        number /= 62;
    }
    text
}

/// The number that the digits are of, unless it has more than 128 bits or one of them is no digit.
pub(super) fn decode(text: &[u8]) -> Option<u128> {
    text.iter().try_fold(0_u128, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        number.checked_mul(62)?.checked_add(u128::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_comes_back(number: u128, small: u32) {
            prop_assert_eq!(decode(&encode::<LONG>(number)), Some(number));
            prop_assert_eq!(decode(&encode::<SHORT>(u128::from(small))), Some(u128::from(small)));
        }

        #[test]
        fn order_is_kept(one: u128, other: u128) {
            prop_assert_eq!(encode::<LONG>(one).cmp(&encode::<LONG>(other)), one.cmp(&other));
        }

        #[test]
        fn nothing_makes_it_fail_otherwise(text: Vec<u8>) {
            let digits = text.iter().all(u8::is_ascii_alphanumeric);
            prop_assert!(digits || decode(&text).is_none());
        }
    }

    #[test]
    fn the_ends_are_as_long_as_told() {
        assert_eq!(encode::<LONG>(u128::MAX).iter().filter(|digit| **digit != b'0').count(), LONG);
        assert_eq!(&encode::<SHORT>(u128::from(u32::MAX)), b"4gfFC3");
        assert_eq!(decode(b"7n42DGM5Tflk9n8mt7Fhc7"), Some(u128::MAX));
        assert_eq!(decode(b"7n42DGM5Tflk9n8mt7Fhc8"), None, "one too many");
    }
}
