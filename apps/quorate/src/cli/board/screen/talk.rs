use anstyle::AnsiColor;
use serde_json::Value;

use super::{OFFLINE_MARK, Screen, items, known_percent, sub, text, words};
use crate::cli::board::markdown::markdown;
use crate::cli::board::paint::{DIM, ITALIC, Line, ansi, plain, styled};

/// Rounds: who says what, who is missing, and what it brought.
impl Screen {
    pub(super) fn round(&mut self, data: &Value) -> Vec<Line> {
        let lead = &data["lead"];
        if lead.is_object() {
            // A moderator from outside the board has not been introduced yet.
            let look = self.look(lead);
            self.seats.entry(text(lead, "code").to_owned()).or_insert(look);
        }
        let title = match (text(data, "kind"), text(data, "action")) {
            ("initial", _) => "Everyone alone, blind to the others".to_owned(),
            (_, action) => {
                let turn = match action {
                    "challenge" => "a challenge",
                    "moderate" => "another view",
                    _ => "discussion",
                };
                format!("Round {}: {turn}", data["round"].as_u64().unwrap_or_default())
            }
        };
        let mut lines = self.rule(&title, sub(data));
        if !text(data, "direction").is_empty() {
            lines.extend(self.indented(0, &[styled(text(data, "direction"), ITALIC)]));
        }
        lines
    }

    pub(super) fn speaks(&mut self, data: &Value) -> Vec<Line> {
        let id = text(data, "contribution_id").to_owned();
        let code = text(data, "persona_code");
        let seat = self.seat(code, code);
        if !self.speaking.iter().any(|(speaking, _)| *speaking == id) {
            self.speaking.push((id, seat.name));
        }
        Vec::new()
    }

    pub(super) fn contribution(&mut self, said: &Value) -> Vec<Line> {
        let id = text(said, "id");
        self.speaking.retain(|(speaking, _)| speaking != id);
        let (sub, name) = (sub(said), text(said, "reference"));
        if !name.is_empty() {
            self.refs.insert(id.to_owned(), name.to_owned());
        }
        if text(said, "type") == "facilitator" {
            // Its reason stands in the decision that follows.
            return Vec::new();
        }

        let code = text(said, "persona_code");
        let seat = self.seat(code, text(said, "persona_name"));
        let front = [styled("▌ ", seat.style)];
        let mut head = self.who(code, text(said, "persona_name"));
        if !seat.archetype.is_empty() {
            head.push(styled(format!(" · {}", seat.archetype), DIM));
        }
        let stance = &said["stance"];
        if stance.is_object() {
            head.push(plain(" "));
            head.push(self.chip(text(stance, "decision"), stance["confidence"].as_f64()));
        }
        let mut facts = Vec::new();
        if self.titles.len() > 1
            && let Some(index) = sub
        {
            facts.push(format!("sub-problem {}", index + 1));
        }
        let on: Vec<&str> =
            items(said, "builds_on").iter().filter_map(|id| self.refs.get(id.as_str()?).map(String::as_str)).collect();
        match (name.is_empty(), on.is_empty()) {
            (true, true) => {}
            (false, true) => facts.push(name.to_owned()),
            (true, false) => facts.push(format!("on {}", on.join(", "))),
            (false, false) => facts.push(format!("{name} on {}", on.join(", "))),
        }
        if text(said, "type") == "moderator" {
            facts.push("moderator, no vote".to_owned());
        }
        if said["offline"].as_bool().unwrap_or_default() {
            facts.push(OFFLINE_MARK.to_owned());
        }

        let mut lines = vec![Line::new()];
        lines.extend(self.behind(&front, &head));
        lines.extend(self.behind(&front, &[styled(facts.join(" · "), DIM)]));
        for line in markdown(text(said, "content"), self.columns.saturating_sub(2)) {
            lines.push([front.to_vec(), line].concat());
        }
        lines
    }

    pub(super) fn absent(&mut self, data: &Value) -> Vec<Line> {
        let name = text(data, "persona_name").to_owned();
        if let Some(at) = self.speaking.iter().position(|(_, speaking)| *speaking == name) {
            self.speaking.remove(at);
        }
        let why = match text(data, "reason") {
            "timeout" => "no answer within the time allowed",
            "infra_failure" => "the model's provider failed",
            "invalid_output" => "the answer could not be read, nor the repaired one",
            "cost_ceiling" => "the session's cost ceiling was reached",
            other => other,
        };
        let mut lines = vec![Line::new()];
        let stage = match text(data, "stage") {
            "voting" => "vote".to_owned(),
            stage => words(stage),
        };
        let part = self.part_of(sub(data));
        lines.extend(self.marked(
            "! ",
            ansi(AnsiColor::Yellow),
            &[
                styled(format!("{part}{name} is absent from the {stage}: {why}."), ansi(AnsiColor::Yellow)),
                styled(" Nothing is put in its place.", DIM),
            ],
        ));
        lines
    }

    pub(super) fn measured(&mut self, data: &Value) -> Vec<Line> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for stance in items(data, "stances") {
            let decision = text(stance, "decision");
            match counts.iter_mut().find(|(known, _)| *known == decision) {
                Some((_, count)) => *count += 1,
                None => counts.push((decision, 1)),
            }
        }
        let part = self.part_of(sub(data));
        let mut line = vec![styled(
            format!(
                "{part}agreement {} · novelty {} · drift {}",
                known_percent(&data["agreement"]),
                known_percent(&data["novelty"]),
                known_percent(&data["drift"]),
            ),
            DIM,
        )];
        for (index, (decision, count)) in counts.iter().enumerate() {
            line.push(styled(if index == 0 { " · " } else { ", " }, DIM));
            line.push(styled(format!("{count}\u{a0}{decision}"), super::decision_style(decision)));
        }
        let mut lines = vec![Line::new()];
        lines.extend(self.marked("≈ ", DIM, &line));
        lines
    }

    pub(super) fn facilitated(&mut self, data: &Value) -> Vec<Line> {
        let what = match text(data, "action") {
            "vote" => "to the vote".to_owned(),
            "challenge" => match text(data, "target") {
                "" => "a challenge".to_owned(),
                target => format!("a challenge to {target}"),
            },
            "moderate" => "another view is brought in".to_owned(),
            "research" => "a fact is looked up".to_owned(),
            "ask_user" => "a question to you".to_owned(),
            _ => "the discussion goes on".to_owned(),
        };
        let part = self.part_of(sub(data));
        let mut line = vec![styled(format!("{part}Facilitator: {what}."), ansi(AnsiColor::Cyan))];
        if !text(data, "reason").is_empty() {
            line.push(plain(format!(" {}", text(data, "reason"))));
        }
        if text(data, "decided_by") == "rule" {
            line.push(styled(" Decided by rule.", DIM));
        } else if self.offline {
            line.push(styled(format!(" · {OFFLINE_MARK}"), DIM));
        }
        self.marked("→ ", ansi(AnsiColor::Cyan), &line)
    }
}
