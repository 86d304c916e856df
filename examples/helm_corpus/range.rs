//! Which versions a chart's dependency accepts: as much of Masterminds' constraints as charts use there. It has to say the
//! same as Helm only as far as finding a chart goes; Helm itself refuses what doesn't fit.

/// A version's three numbers, and whether it is a pre-release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    numbers: [u64; 3],
    pre: bool,
}

impl Version {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let text = text.split('+').next().unwrap_or(text);
        let (core, pre) = text.split_once('-').map_or((text, false), |(core, _)| (core, true));
        let mut numbers = [0; 3];
        let mut parts = core.split('.');
        for number in &mut numbers {
            let Some(part) = parts.next() else { break };
            *number = part.parse().ok()?;
        }
        parts.next().is_none().then_some(Self { numbers, pre })
    }
}

/// Whether two texts name the same version: `v1.2.0` is `1.2.0`.
pub fn same(a: &str, b: &str) -> bool {
    a.trim().trim_start_matches('v') == b.trim().trim_start_matches('v')
}

/// Whether a constraint (`1.2.x`, `^1.2`, `>=1.2 <2 || 3.*`) accepts a version. What isn't understood accepts nothing.
pub fn accepts(constraint: &str, version: &str) -> bool {
    let Some(version) = Version::read(version) else { return false };
    constraint.split("||").any(|all| comparisons(all).iter().all(|one| one.accepts(version)))
}

struct Comparison<'a> {
    operator: &'a str,
    version: &'a str,
}

/// The comparisons of a text, parted by commas or spaces; there may be spaces after an operator, too.
fn comparisons(text: &str) -> Vec<Comparison<'_>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let operator_end = rest.find(|c: char| !"<>=!^~".contains(c)).unwrap_or(rest.len());
        let (operator, after) = rest.split_at(operator_end);
        let after = after.trim_start();
        let (version, after) = after.split_at(after.find([',', ' ']).unwrap_or(after.len()));
        found.push(Comparison { operator, version });
        rest = after.trim_start_matches([',', ' ']);
    }
    found
}

impl Comparison<'_> {
    fn accepts(&self, version: Version) -> bool {
        let core = self.version.trim_start_matches('v').split(['-', '+']).next().unwrap_or_default();
        let given: Vec<&str> = core.split('.').take_while(|part| !matches!(*part, "x" | "X" | "*" | "")).collect();
        let count = given.len();
        if version.pre && !self.version.contains('-') {
            return false;
        }
        let Some(from) = Version::read(&given.join(".")).or_else(|| Version::read("0")) else { return false };
        if count == 0 {
            return matches!(core, "" | "x" | "X" | "*");
        }
        let (have, from) = (version.numbers, from.numbers);
        let starts_alike = |parts: usize| have.iter().zip(&from).take(parts).all(|(a, b)| a == b);
        match self.operator {
            "" | "=" | "==" => starts_alike(count),
            "!=" => !starts_alike(count),
            "~" | "~>" => have >= from && starts_alike(count.min(2)),
            // All up to and with the first number that isn't 0.
            "^" => have >= from && starts_alike(from.iter().take(count).position(|&n| n > 0).unwrap_or(count - 1) + 1),
            ">" => have > from && !starts_alike(count),
            ">=" | "=>" => have >= from,
            "<" => have < from,
            "<=" | "=<" => have <= from || starts_alike(count),
            _ => false,
        }
    }
}
