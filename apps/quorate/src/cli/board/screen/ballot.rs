use serde_json::Value;

use super::{OFFLINE_MARK, Screen, decision_style, items, percent, sub, text, words};
use crate::cli::board::paint::{BOLD, DIM, ITALIC, Line, plain, styled};
use crate::cli::board::table::table;

/// Columns of the bar that shows support.
const BAR: usize = 24;

/// The vote.
impl Screen {
    pub(super) fn voting(&mut self, data: &Value) -> Vec<Line> {
        let sub = sub(data);
        self.votes.remove(&sub.unwrap_or_default());
        self.doing.insert(sub, "voting, each blind to the others".to_owned());
        let mut lines = self.rule("The vote", sub);
        lines.extend(self.indented(0, &[styled(text(data, "proposal"), ITALIC)]));
        let why = match text(data, "stop_reason") {
            "no_discussion" => "This mode has no discussion.",
            "converged" => "The board agrees and little new was said.",
            "exhausted" => "Two rounds brought no new argument.",
            "deadlock" => "The same split over two rounds, with nothing new.",
            "round_limit" => "The last round is over.",
            "cost_limit" => "The cost ceiling was reached.",
            "time_limit" => "Time is up.",
            "facilitator" => "The facilitator called the vote.",
            "stopped" => "You stopped the discussion.",
            "no_voices" => "Nobody answered.",
            _ => "",
        };
        let rule = format!("Rule: {}. {why}", words(text(data, "rule")));
        lines.extend(self.indented(0, &[styled(rule, DIM)]));
        lines
    }

    pub(super) fn vote(&mut self, data: &Value) -> Vec<Line> {
        // Ballots are shown together: the vote is blind.
        self.votes.entry(sub(data).unwrap_or_default()).or_default().push(data.clone());
        Vec::new()
    }

    pub(super) fn votes_counted(&mut self, data: &Value) -> Vec<Line> {
        let sub = sub(data);
        self.doing.remove(&sub);
        let votes = self.votes.remove(&sub.unwrap_or_default()).unwrap_or_default();
        let mut lines = Vec::new();
        if self.titles.len() > 1 {
            lines.extend(self.rule("The count", sub));
        } else {
            lines.push(Line::new());
        }
        for vote in &votes {
            lines.extend(self.reasons(vote));
            lines.push(Line::new());
        }
        if !votes.is_empty() {
            let head: Vec<Line> = ["seat", "vote", "before"].iter().map(|name| vec![plain(name)]).collect();
            let rows: Vec<Vec<Line>> = votes.iter().map(|vote| self.ballot(vote)).collect();
            lines.extend(table(&head, &rows, self.columns));
            lines.push(Line::new());
        }
        lines.extend(self.tally(data));
        lines
    }

    /// Why a seat voted as it did.
    fn reasons(&self, vote: &Value) -> Vec<Line> {
        let (code, name) = (text(vote, "persona_code"), text(vote, "persona_name"));
        let front = [styled("▌ ", self.seat(code, name).style)];
        let mut head = self.who(code, name);
        head.push(plain(" "));
        head.push(self.chip(text(vote, "decision"), vote["confidence"].as_f64()));
        if self.offline {
            head.push(styled(format!(" · {OFFLINE_MARK}"), DIM));
        }
        let mut lines = self.behind(&front, &head);
        lines.extend(self.behind(&front, &[plain(text(vote, "reasoning"))]));
        let conditions: Vec<&str> = items(vote, "conditions").iter().filter_map(Value::as_str).collect();
        for condition in conditions {
            lines.extend(self.behind(&front, &[styled("If: ", DIM), styled(condition, ITALIC)]));
        }
        if !text(vote, "flip_reason").is_empty() {
            lines.extend(self.behind(&front, &[styled("Changed sides: ", DIM), plain(text(vote, "flip_reason"))]));
        }
        if vote["flip_unsupported"].as_bool().unwrap_or_default() {
            let warning = "Changed sides without citing anything that was said.";
            lines.extend(self.behind(&front, &[styled(warning, decision_style("conditional"))]));
        }
        lines
    }

    /// A ballot as a row: who, what, and what it was before.
    fn ballot(&self, vote: &Value) -> Vec<Line> {
        let decision = text(vote, "decision");
        let confidence = percent(vote["confidence"].as_f64().unwrap_or_default());
        let ballot = vec![styled(format!("{decision}\u{a0}{confidence}"), decision_style(decision))];
        let before = &vote["stance_before"];
        let mut earlier: Line = match (before.as_object(), before["confidence"].as_f64()) {
            (Some(_), Some(confidence)) => {
                vec![styled(format!("{}\u{a0}{}", text(before, "decision"), percent(confidence)), DIM)]
            }
            _ => vec![styled("–", DIM)],
        };
        if vote["flipped"].as_bool().unwrap_or_default() {
            earlier.push(styled(" ⇄", BOLD));
        }
        vec![self.who(text(vote, "persona_code"), text(vote, "persona_name")), ballot, earlier]
    }

    fn tally(&self, data: &Value) -> Vec<Line> {
        let mut counts: Line = Vec::new();
        for (decision, name) in [
            ("yes", "yes"),
            ("conditional", "conditional"),
            ("no", "no"),
            ("abstain", "abstained"),
            ("absent", "absent"),
        ] {
            let count = data[decision].as_u64().unwrap_or_default();
            if count > 0 {
                if !counts.is_empty() {
                    counts.push(styled(" · ", DIM));
                }
                counts.push(styled(format!("{count}\u{a0}{name}"), decision_style(decision)));
            }
        }
        let mut lines = self.indented(0, &counts);
        match data["support"].as_f64() {
            Some(support) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "support is a share of 0 to 1, and a bar has few columns"
                )]
                let full = ((support * BAR as f64).round() as usize).min(BAR);
                let level = match text(data, "level") {
                    "none" => "no majority".to_owned(),
                    "unanimous" => "unanimous".to_owned(),
                    level => format!("{level} support"),
                };
                let mut line = vec![
                    styled("█".repeat(full), decision_style("yes")),
                    styled("░".repeat(BAR - full), decision_style("no")),
                    styled(format!(" support {}", percent(support)), BOLD),
                    plain(format!(", {level}")),
                ];
                if let Some(weighted) = data["weighted_support"].as_f64() {
                    line.push(styled(format!(" · by confidence {}", percent(weighted)), DIM));
                }
                if !text(data, "confidence_level").is_empty() {
                    line.push(styled(format!(" · confidence {}", text(data, "confidence_level")), DIM));
                }
                lines.extend(self.indented(0, &line));
            }
            None => lines.extend(self.indented(0, &[styled("No votes to count.", BOLD)])),
        }
        if data["quorum"].as_bool() == Some(true) {
            let carried = data["carried"].as_bool().unwrap_or_default();
            let verdict = if carried { "The proposal carries." } else { "The proposal does not carry." };
            lines.extend(self.indented(0, &[styled(verdict, BOLD)]));
        }
        match text(data, "outcome") {
            "no_quorum" => lines.extend(self.note("Fewer than half of the seats voted: there is no result.")),
            "deadlock" => lines.extend(self.note("The board is deadlocked. That is its result.")),
            _ => {}
        }
        lines
    }
}
