//! Member lines: names with 、 between them, over one or more lines, one of them perhaps the coordinator.

/// The role word. Only this literal word is a role: `鈴木(喜)` is a name.
const ROLE: &str = "コーディネーター";
/// How the role is written where the file did not say otherwise.
const ROLE_SUFFIX: &str = "(コーディネーター)";
/// What separates two names of one line.
pub(super) const SEPARATOR: char = '、';

/// One person as a member line has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedPerson {
    /// The name without the role word.
    pub name: String,
    /// Whether the role word stands with it.
    pub coordinator: bool,
    /// Whether a new line starts before this name; never for the first.
    pub line_break_before: bool,
    /// As written, role word included.
    pub raw: String,
}

/// Reads the names of one member line.
pub(super) fn read(body: &str, line_break_before: bool) -> impl Iterator<Item = ImportedPerson> + '_ {
    body.split(SEPARATOR)
        .map(str::trim)
        .filter(|raw| !raw.is_empty())
        .enumerate()
        .map(move |(index, raw)| {
            let (name, coordinator) = name_and_role(raw);
            ImportedPerson {
                name,
                coordinator,
                line_break_before: line_break_before && index == 0,
                raw: raw.to_owned(),
            }
        })
}

/// Whether a line can only be a member line: it has a separator or the role word.
pub(super) fn is_certain(body: &str) -> bool {
    body.contains(SEPARATOR) || body.contains(ROLE)
}

/// How a person is written who is not, or no longer, as the file had them.
pub(super) fn written(name: &str, coordinator: bool) -> String {
    let name: String = name
        .split(['\n', '\r'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if coordinator { name + ROLE_SUFFIX } else { name }
}

/// Takes the role word out, in brackets of either width or bare, wherever it stands.
pub(super) fn name_and_role(raw: &str) -> (String, bool) {
    for role in [ROLE_SUFFIX, "（コーディネーター）", ROLE] {
        if let Some(at) = raw.find(role) {
            let edge = |part: &str| {
                part.trim_matches(|letter: char| {
                    letter.is_whitespace() || [':', '：', '・', '/', '／'].contains(&letter)
                })
                .to_owned()
            };
            let (before, after) = (edge(&raw[..at]), edge(&raw[at + role.len()..]));
            let name = before + &after;
            return (if name.is_empty() { role.to_owned() } else { name }, true);
        }
    }
    (raw.to_owned(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_after_a_name_are_part_of_it_unless_they_hold_the_role() {
        let people: Vec<_> = read("吉福、鈴木(喜)、渡辺(コーディネーター)", false).collect();
        let names: Vec<_> = people
            .iter()
            .map(|person| (person.name.as_str(), person.coordinator))
            .collect();
        assert_eq!(names, [("吉福", false), ("鈴木(喜)", false), ("渡辺", true)]);
    }

    #[test]
    fn the_role_may_stand_anywhere() {
        for raw in [
            "コーディネーター：渡辺",
            "(コーディネーター)渡辺",
            "渡辺（コーディネーター）",
            "渡辺 コーディネーター",
        ] {
            assert_eq!(name_and_role(raw), ("渡辺".to_owned(), true), "{raw}");
        }
        assert_eq!(
            name_and_role("鈴木(コーディネーター)(喜)"),
            ("鈴木(喜)".to_owned(), true)
        );
    }

    #[test]
    fn a_written_person_is_read_back() {
        assert_eq!(name_and_role(&written("渡辺", true)), ("渡辺".to_owned(), true));
        assert_eq!(
            name_and_role(&written("鈴木(喜)", false)),
            ("鈴木(喜)".to_owned(), false)
        );
    }
}
