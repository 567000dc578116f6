//! The short join code: twelve digits, read and said in three groups of four.

/// How many digits a code has.
pub const CODE_DIGITS: usize = 12;

/// The digits in what was typed, at most twelve. Full-width digits count: Japanese keyboards produce them.
pub fn digits(typed: &str) -> String {
    typed
        .chars()
        .filter_map(|letter| match letter {
            '0'..='9' => Some(letter),
            '０'..='９' => char::from_digit(u32::from(letter) - u32::from('０'), 10),
            _ => None,
        })
        .take(CODE_DIGITS)
        .collect()
}

/// The code as it is printed and typed: `1234 5678 9012`.
pub fn grouped(typed: &str) -> String {
    let mut text = String::with_capacity(CODE_DIGITS + 2);
    for (index, digit) in digits(typed).chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_grouped_however_it_was_typed() {
        assert_eq!(grouped("123456789012"), "1234 5678 9012");
        assert_eq!(grouped("1234-5678-9012"), "1234 5678 9012");
        assert_eq!(grouped("１２３４　５６７８"), "1234 5678");
        assert_eq!(grouped("12345"), "1234 5");
        assert_eq!(grouped(""), "");
    }

    #[test]
    fn digits_beyond_the_twelfth_are_left_out() {
        assert_eq!(digits("12345678901299"), "123456789012");
    }
}
