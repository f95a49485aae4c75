//! The claims ledger (BRD-27): what each factual claim of a report rests on. A model marks its claims; the program holds
//! every mark against what was given, looked up and said, and no figure passes on a mark alone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::figures::{Figure, figures};
use crate::answer::{ClaimBasis, DraftClaim};
use crate::engine::State;
use crate::session::named;

named! {
    /// What a claim rests on.
    Basis {
        /// The user's own text, context, answers or documents.
        Given = "given",
        /// A passage that was looked up.
        Sourced = "sourced",
        /// It follows from what was given or sourced.
        Inferred = "inferred",
        /// Nothing that could be checked.
        Assumed = "assumed",
    }
}

named! {
    /// Where a figure of a claim was found.
    FigureOrigin {
        /// In what the user gave.
        Given = "given",
        /// In a passage that was looked up.
        Sourced = "sourced",
        /// It is arithmetic on figures that were given or sourced.
        Derived = "derived",
        /// A seat said it, and nobody sourced it.
        Said = "said",
        /// Nowhere.
        Nowhere = "nowhere",
    }
}

named! {
    /// What is wrong with a claim.
    ClaimFlag {
        /// It holds a figure that nobody sourced.
        UnsourcedFigure = "unsourced_figure",
        /// It was marked as given, and its figure is not in what was given.
        NotGiven = "not_given",
        /// The source it names is no passage that was looked up.
        NoSource = "no_source",
    }
}

/// A figure of a claim and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckedFigure {
    /// As it is written.
    pub figure: String,
    /// Where it was found.
    pub origin: FigureOrigin,
    /// The passage or the contribution it stands in, by ref.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
}

/// A factual claim of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    /// The claim.
    pub claim: String,
    /// What it rests on, by the program's check.
    pub basis: Basis,
    /// What the model that wrote the report said it rests on.
    pub stated_basis: Basis,
    /// The passage it is from, by ref; for `sourced` only.
    pub source: Option<String>,
    /// Its figures.
    pub figures: Vec<CheckedFigure>,
    /// What is wrong with it; nothing where it holds.
    pub flags: Vec<ClaimFlag>,
}

/// A figure in the text of a report that nobody sourced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnsourcedFigure {
    /// As it is written.
    pub figure: String,
    /// The section it stands in.
    pub section: String,
    /// The contribution that brought it up, by ref; none when no seat did.
    pub said_in: Option<String>,
}

/// What figures can be held against.
pub(super) struct Evidence {
    given: Vec<Figure>,
    passages: Vec<(String, Vec<Figure>)>,
    said: Vec<(String, Vec<Figure>)>,
    /// What the program itself counted and measured.
    counted: Vec<Figure>,
}

impl Evidence {
    /// Everything that was given, found, said and counted in a session.
    pub(super) fn of(state: &State) -> Self {
        let brief = &state.brief;
        let answers = state.answers.iter().filter_map(|answer| answer.answer.as_deref());
        let context = brief.problem_context.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        let documents = state.materials().iter().map(|document| document.text.as_str());
        let given: Vec<&str> =
            [brief.problem_statement.as_str()].into_iter().chain(context).chain(answers).chain(documents).collect();
        let said = state
            .tracks
            .iter()
            .flat_map(|track| track.record())
            .filter_map(|said| said.reference.clone().map(|reference| (reference, figures(&said.content))));
        Self {
            given: given.into_iter().flat_map(figures).collect(),
            passages: state.sources().map(|source| (source.reference.clone(), figures(&source.text))).collect(),
            said: said.collect(),
            counted: state.tracks.iter().flat_map(counted).collect(),
        }
    }

    fn known(&self) -> Vec<Figure> {
        self.given.iter().chain(self.passages.iter().flat_map(|(_, figures)| figures)).cloned().collect()
    }

    fn check(&self, figure: &Figure) -> CheckedFigure {
        let holds = |list: &[(String, Vec<Figure>)]| {
            list.iter().find(|(_, figures)| figure.is_among(figures)).map(|(reference, _)| reference.clone())
        };
        let (origin, reference) = if figure.is_among(&self.given) {
            (FigureOrigin::Given, None)
        } else if let Some(passage) = holds(&self.passages) {
            (FigureOrigin::Sourced, Some(passage))
        } else if figure.follows_from(&self.known()) {
            (FigureOrigin::Derived, None)
        } else if let Some(said) = holds(&self.said) {
            (FigureOrigin::Said, Some(said))
        } else {
            (FigureOrigin::Nowhere, None)
        };
        CheckedFigure { figure: figure.text.clone(), origin, reference }
    }

    /// The claim as it stands up to the check.
    pub(super) fn claim(&self, draft: &DraftClaim) -> Claim {
        let checked: Vec<CheckedFigure> = figures(&draft.claim).iter().map(|figure| self.check(figure)).collect();
        let named = draft.source.as_deref().map(|name| name.trim().trim_matches(['[', ']']).to_owned());
        let source = named.filter(|name| self.passages.iter().any(|(reference, _)| reference == name));
        let unsourced = |one: &CheckedFigure| matches!(one.origin, FigureOrigin::Said | FigureOrigin::Nowhere);
        let stated_basis = match draft.basis {
            ClaimBasis::Given => Basis::Given,
            ClaimBasis::Sourced => Basis::Sourced,
            ClaimBasis::Inferred => Basis::Inferred,
            ClaimBasis::Assumed => Basis::Assumed,
        };
        let mut flags = Vec::new();
        if checked.iter().any(unsourced) {
            flags.push(ClaimFlag::UnsourcedFigure);
        }
        if stated_basis == Basis::Given && checked.iter().any(|one| one.origin != FigureOrigin::Given) {
            flags.push(ClaimFlag::NotGiven);
        }
        if stated_basis == Basis::Sourced && source.is_none() {
            flags.push(ClaimFlag::NoSource);
        }
        let basis = if flags.is_empty() {
            stated_basis
        } else if flags == [ClaimFlag::NotGiven] {
            // Its figures are sourced or follow from what was given; only the mark was wrong.
            Basis::Inferred
        } else {
            Basis::Assumed
        };
        let source = source.filter(|_| basis == Basis::Sourced);
        Claim { claim: draft.claim.trim().to_owned(), basis, stated_basis, source, figures: checked, flags }
    }

    /// The figures of a section that nobody gave, found, derived or counted, each once. Small whole numbers that count
    /// things are left alone.
    pub(super) fn unsourced(&self, section: &str, text: &str) -> Vec<UnsourcedFigure> {
        let mut found: Vec<UnsourcedFigure> = Vec::new();
        for figure in figures(text) {
            if figure.is_small_count() || figure.is_among(&self.counted) {
                continue;
            }
            let checked = self.check(&figure);
            let flagged = matches!(checked.origin, FigureOrigin::Said | FigureOrigin::Nowhere);
            if flagged && found.iter().all(|one| one.figure != checked.figure) {
                let section = section.to_owned();
                found.push(UnsourcedFigure { figure: checked.figure, section, said_in: checked.reference });
            }
        }
        found
    }
}

/// Counts, shares and confidences of a sub-problem's votes, as a report may quote them.
#[expect(clippy::cast_precision_loss, reason = "a board has a handful of seats")]
fn counted(track: &crate::engine::Track) -> Vec<Figure> {
    let mut values: Vec<f64> = track.votes.iter().map(|vote| vote.confidence).collect();
    values.extend((0..=track.seats.len()).map(|count| count as f64));
    if let Some(counted) = &track.counted {
        let options = counted.options.iter().map(|one| &one.tally);
        for tally in options.chain([&counted.tally]) {
            let shares = [tally.support, tally.weighted_support, tally.mean_confidence, Some(tally.attendance)];
            values.extend(shares.into_iter().flatten());
        }
    }
    let rounded = |value: f64| [value, (value * 100.0).round() / 100.0, (value * 100.0).round()];
    values.into_iter().flat_map(rounded).map(Figure::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> Evidence {
        Evidence {
            given: figures("12 people, 200k euros, within 12 months"),
            passages: vec![("S1".to_owned(), figures("The lease costs 4,100 a month."))],
            said: vec![("C2".to_owned(), figures("I assume churn of 7 %."))],
            counted: vec![Figure::of(66.0)],
        }
    }

    fn claim(text: &str, basis: ClaimBasis, source: Option<&str>) -> Claim {
        evidence().claim(&DraftClaim { claim: text.to_owned(), basis, source: source.map(str::to_owned) })
    }

    #[test]
    fn a_mark_that_holds_is_kept() {
        let given = claim("The budget is 200,000 euros for 12 people.", ClaimBasis::Given, None);
        assert_eq!((given.basis, given.flags.len()), (Basis::Given, 0));
        let sourced = claim("The lease costs 4100 a month.", ClaimBasis::Sourced, Some("[S1]"));
        assert_eq!((sourced.basis, sourced.source.as_deref()), (Basis::Sourced, Some("S1")));
        let inferred = claim("That is about 16,700 euros a head.", ClaimBasis::Inferred, None);
        assert_eq!((inferred.basis, inferred.figures[0].origin), (Basis::Inferred, FigureOrigin::Derived));
    }

    #[test]
    fn a_figure_does_not_pass_on_the_models_word() {
        for basis in [ClaimBasis::Given, ClaimBasis::Sourced, ClaimBasis::Inferred, ClaimBasis::Assumed] {
            let invented = claim("The market grows by 83 % a year.", basis, Some("S1"));
            assert_eq!(invented.basis, Basis::Assumed, "{basis:?}");
            assert!(invented.flags.contains(&ClaimFlag::UnsourcedFigure));
            assert_eq!(invented.figures[0].origin, FigureOrigin::Nowhere);
        }
        let said = claim("Churn is 7 %.", ClaimBasis::Given, None);
        assert_eq!((said.basis, said.figures[0].origin), (Basis::Assumed, FigureOrigin::Said));
        assert_eq!(said.figures[0].reference.as_deref(), Some("C2"));
    }

    #[test]
    fn a_source_must_exist_and_a_seat_is_none() {
        for source in [None, Some("S9"), Some("C2"), Some("a study")] {
            let claim = claim("Landlords there accept short leases.", ClaimBasis::Sourced, source);
            assert_eq!((claim.basis, claim.flags.as_slice()), (Basis::Assumed, &[ClaimFlag::NoSource][..]));
        }
        // Derived, so not given, but not made up either.
        let derived = claim("16,667 euros a head are available.", ClaimBasis::Given, None);
        assert_eq!((derived.basis, derived.flags.as_slice()), (Basis::Inferred, &[ClaimFlag::NotGiven][..]));
    }

    #[test]
    fn the_text_of_the_report_is_looked_through() {
        let text = "66 % support a move of 12 people for 200k in 3 stages; churn may reach 7 %, and rents rise 9 %.";
        let found = evidence().unsourced("executive_summary", text);
        let found: Vec<_> = found.iter().map(|one| (one.figure.as_str(), one.said_in.as_deref())).collect();
        assert_eq!(found, [("7", Some("C2")), ("9", None)]);
    }
}
