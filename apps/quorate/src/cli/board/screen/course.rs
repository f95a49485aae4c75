use anstyle::AnsiColor;
use serde_json::Value;

use super::{OFFLINE_LABEL, Screen, Seat, items, percent, plural, sub, text, words};
use crate::cli::board::paint::{BOLD, DIM, ITALIC, Line, ansi, plain, styled};

/// From the problem to filled seats.
impl Screen {
    pub(super) fn created(&mut self, data: &Value) -> Vec<Line> {
        let mut lines = self.indented(0, &[styled(text(data, "problem_statement"), BOLD)]);
        if let Some(context) = data["problem_context"].as_object() {
            for (name, value) in context {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                lines.extend(self.indented(2, &[styled(format!("{}: ", words(name)), DIM), plain(value)]));
            }
        }
        self.doing.insert(None, "opening the session".to_owned());
        lines
    }

    pub(super) fn started(&mut self, data: &Value) -> Vec<Line> {
        self.offline = data["offline_demo"].as_bool().unwrap_or_default();
        let mut facts = vec![format!("model {}", text(data, "model"))];
        if !text(data, "route").is_empty() && text(data, "route") != text(data, "model") {
            facts.push(format!("route {}", text(data, "route")));
        }
        let mut lines = self.indented(0, &[styled(facts.join(" · "), DIM)]);
        if self.offline {
            lines.push(Line::new());
            let front = [styled("▌ ", ansi(AnsiColor::Magenta))];
            lines.extend(self.behind(
                &front,
                &[
                    styled(OFFLINE_LABEL, ansi(AnsiColor::Magenta) | anstyle::Effects::BOLD),
                    plain(
                        " – no real model is configured. What follows shows how a board works; its texts are made by \
                         rules from your own words. For advice, configure a provider in quorate.toml.",
                    ),
                ],
            ));
        }
        lines
    }

    pub(super) fn phase(&mut self, data: &Value) -> Vec<Line> {
        let (phase, sub) = (text(data, "phase"), sub(data));
        let doing = match phase {
            "intake" => "reading the problem",
            "decomposition" => "splitting the problem",
            "selection" => "choosing seats",
            "initial_round" => "everyone drafts alone",
            "discussion" => "discussing",
            "voting" => "voting",
            "synthesis" => "writing the report",
            _ => "",
        };
        if sub.is_none() {
            // The whole moves on when its parts have.
            self.doing.clear();
        } else {
            self.doing.remove(&None);
        }
        if doing.is_empty() {
            self.doing.remove(&sub);
        } else {
            self.doing.insert(sub, doing.to_owned());
        }
        Vec::new()
    }

    pub(super) fn questions(&mut self, data: &Value) -> Vec<Line> {
        self.waiting = true;
        let mut lines = self.rule("The board has questions", sub(data));
        for (index, question) in items(data, "questions").iter().enumerate() {
            lines.extend(self.marked(&format!("{}. ", index + 1), DIM, &[plain(text(question, "question"))]));
            if !text(question, "why").is_empty() {
                lines.extend(self.indented(3, &[styled(text(question, "why"), DIM)]));
            }
        }
        lines
    }

    pub(super) fn answered(&mut self, data: &Value) -> Vec<Line> {
        self.waiting = false;
        match text(data, "by") {
            "timeout" => self.note("No answers came in time. The board goes on without them."),
            // The user knows, and where there was nothing to ask there is nothing to say.
            _ => Vec::new(),
        }
    }

    pub(super) fn decomposed(&mut self, data: &Value) -> Vec<Line> {
        let parts = items(data, "sub_problems");
        self.titles = parts.iter().map(|part| text(part, "title").to_owned()).collect();
        let title = if parts.len() == 1 { "The problem" } else { "Sub-problems" };
        let mut lines = self.rule(title, None);
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                lines.push(Line::new());
            }
            let number = part["index"].as_u64().unwrap_or_default() + 1;
            let several = parts.len() > 1;
            let indent = if several { 3 } else { 0 };
            if several {
                let title = [styled(text(part, "title"), BOLD)];
                lines.extend(self.marked(&format!("{number:<3}"), ansi(AnsiColor::Cyan), &title));
            } else {
                lines.extend(self.indented(0, &[styled(text(part, "title"), BOLD)]));
            }
            lines.extend(self.indented(indent, &[plain(text(part, "goal"))]));
            lines.extend(self.indented(indent, &[styled("Proposal: ", DIM), styled(text(part, "proposal"), ITALIC)]));
            let mut facts = vec![format!("complexity {}", percent(part["complexity"].as_f64().unwrap_or_default()))];
            facts.push(plural(part["seats"].as_u64().unwrap_or_default(), "seat", "seats"));
            facts.push(match part["rounds"].as_u64().unwrap_or_default() {
                0 => "no discussion".to_owned(),
                rounds => format!("up to {}", plural(rounds, "round", "rounds")),
            });
            let after: Vec<String> = items(part, "depends_on")
                .iter()
                .filter_map(Value::as_u64)
                .map(|index| (index + 1).to_string())
                .collect();
            if !after.is_empty() {
                facts.push(format!("after {}", after.join(", ")));
            }
            lines.extend(self.indented(indent, &[styled(facts.join(" · "), DIM)]));
        }
        if text(data, "decided_by") == "rule" && parts.len() == 1 {
            lines.extend(self.indented(0, &[styled("Taken whole.", DIM)]));
        }
        lines
    }

    pub(super) fn selected(&mut self, data: &Value) -> Vec<Line> {
        let mut lines = self.rule("Seats", sub(data));
        for seat in items(data, "seats") {
            self.seats.insert(text(seat, "code").to_owned(), self.look(seat));
            let mut head = self.who(text(seat, "code"), text(seat, "name"));
            head.push(styled(format!(" · {}", text(seat, "archetype")), DIM));
            lines.extend(self.indented(0, &head));
            if !text(seat, "reason").is_empty() {
                lines.extend(self.indented(3, &[plain(text(seat, "reason"))]));
            }
        }
        lines
    }

    pub(super) fn look(&self, seat: &Value) -> Seat {
        Seat {
            name: text(seat, "name").to_owned(),
            emoji: text(seat, "emoji").to_owned(),
            archetype: text(seat, "archetype").to_owned(),
            style: self.colour.hex(text(seat, "color")),
        }
    }
}
