//! Dates as people read them.

use crate::i18n::Locale;

/// `2026-11-22` as 2026年11月22日（日） or Sun 22 Nov 2026; any other text is shown as it was written.
pub fn readable(date: &str, locale: Locale) -> String {
    let Some((year, month, day)) = parse(date) else {
        return date.to_owned();
    };
    let weekday = weekday(year, month, day);
    match locale {
        Locale::Ja => {
            let name = ["日", "月", "火", "水", "木", "金", "土"]
                .get(weekday)
                .copied()
                .unwrap_or_default();
            format!("{year}年{month}月{day}日（{name}）")
        }
        Locale::En => {
            const MONTHS: [&str; 12] = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ];
            let name = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
                .get(weekday)
                .copied()
                .unwrap_or_default();
            let month = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
            format!("{name} {day} {month} {year}")
        }
    }
}

fn parse(date: &str) -> Option<(u32, u32, u32)> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

/// Zeller's rule; 0 is Sunday.
fn weekday(year: u32, month: u32, day: u32) -> usize {
    let (year, month) = if month < 3 {
        (year.saturating_sub(1), month + 12)
    } else {
        (year, month)
    };
    let sum = day + 13 * (month + 1) / 5 + year + year / 4 + 6 * (year / 100) + year / 400;
    ((sum + 6) % 7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_aloud_in_both_languages() {
        assert_eq!(readable("2026-11-22", Locale::Ja), "2026年11月22日（日）");
        assert_eq!(readable("2024-02-29", Locale::En), "Thu 29 Feb 2024");
        assert_eq!(readable("2000-01-01", Locale::En), "Sat 1 Jan 2000");
    }

    #[test]
    fn what_is_no_date_is_left_as_written() {
        for text in ["", "来週の土曜", "2026-13-01", "2026-1-1", "平成20年-10-12"] {
            assert_eq!(readable(text, Locale::Ja), text);
        }
    }
}
