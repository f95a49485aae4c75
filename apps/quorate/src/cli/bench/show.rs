//! A measurement as tables, Markdown and JSON.

use serde_json::{Value, json};

use super::measure::{Answer, Measured, Stopped};
use super::question_set::QuestionSet;
use super::statistics::Interval;
use super::summary::{Comparison, Figure, MethodLine, comparisons, lines};
use crate::cli::arguments::Method;
use crate::cli::board::{DIM, Line, OFFLINE_LABEL, plain, styled, table};

/// A measurement and what it was made with.
pub(super) struct Shown<'a> {
    pub(super) set: &'a QuestionSet,
    pub(super) measured: &'a Measured,
    pub(super) methods: &'a [Method],
    /// The single model.
    pub(super) model: &'a str,
    pub(super) route: Option<&'a str>,
    pub(super) samples: u32,
    pub(super) runs: u32,
    pub(super) seed: u64,
    pub(super) offline: bool,
}

const METHOD_HEAD: [&str; 7] =
    ["method", "right", "accuracy", "no answer", "cost of a question", "tokens of a question", "seconds"];
const COMPARISON_HEAD: [&str; 5] = ["compared", "questions", "difference in accuracy", "p", "what it shows"];

impl Shown<'_> {
    fn lines(&self) -> Vec<MethodLine> {
        lines(&self.measured.samples, self.methods, self.seed)
    }

    fn comparisons(&self) -> Vec<Comparison> {
        comparisons(&self.measured.samples, self.methods, self.seed)
    }

    /// For a terminal.
    pub(super) fn screen(&self, columns: usize) -> Vec<Line> {
        let head = |names: &[&str]| names.iter().map(|name| vec![plain(name)]).collect::<Vec<Line>>();
        let rows = |rows: Vec<Vec<String>>| {
            let row = |cells: Vec<String>| cells.into_iter().map(|cell| vec![plain(cell)]).collect::<Vec<Line>>();
            rows.into_iter().map(row).collect::<Vec<_>>()
        };
        let mut page = table(&head(&METHOD_HEAD), &rows(self.method_rows()), columns);
        let compared = self.comparison_rows();
        if !compared.is_empty() {
            page.push(Line::new());
            page.extend(table(&head(&COMPARISON_HEAD), &rows(compared), columns));
        }
        page.push(Line::new());
        for note in self.notes() {
            page.extend(crate::cli::board::wrap(&[styled(note, DIM)], columns));
        }
        page
    }

    /// For a file.
    pub(super) fn markdown(&self) -> String {
        let mut text = format!("# Benchmark of the board: {}\n\n", self.set.name);
        for (head, rows) in [(&METHOD_HEAD[..], self.method_rows()), (&COMPARISON_HEAD[..], self.comparison_rows())] {
            if rows.is_empty() {
                continue;
            }
            text.push_str(&format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len())));
            for row in rows {
                text.push_str(&format!("| {} |\n", row.join(" | ").replace('\n', " ")));
            }
            text.push('\n');
        }
        for note in self.notes() {
            text.push_str(&format!("- {note}\n"));
        }
        text
    }

    fn method_rows(&self) -> Vec<Vec<String>> {
        let row = |line: MethodLine| {
            let reasons: Vec<String> =
                line.no_answer.iter().map(|(reason, count)| format!("{count} {}", reason.name())).collect();
            let unknown = if line.unpriced > 0 { " +" } else { "" };
            vec![
                line.method.name().to_owned(),
                format!("{} of {}", line.right, line.asked),
                percent(&line.accuracy),
                if reasons.is_empty() { "–".to_owned() } else { reasons.join(", ") },
                format!("{}{unknown}", with(&line.cost, |value| format!("${:.6}", value / 1e6))),
                with(&line.tokens, |value| format!("{value:.0}")),
                with(&line.seconds, |value| format!("{value:.1}")),
            ]
        };
        self.lines().into_iter().map(row).collect()
    }

    fn comparison_rows(&self) -> Vec<Vec<String>> {
        let row = |one: Comparison| {
            vec![
                format!("{} against {}", one.method.name(), one.against.name()),
                format!("{}: {} better, {} worse", one.questions, one.better, one.worse),
                percent(&one.difference),
                format!("{:.3}", one.p),
                one.verdict().to_owned(),
            ]
        };
        self.comparisons().into_iter().map(row).collect()
    }

    /// What one has to know to read the figures.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.offline {
            notes.push(format!(
                "Answered by the {OFFLINE_LABEL}, which does not know what it is asked: these figures mean nothing."
            ));
        }
        match self.measured.stopped {
            Some(Stopped::Interrupted) => notes.push("Stopped before its end; this is what was done.".to_owned()),
            Some(Stopped::MaxCost) => {
                notes.push("Stopped at --max-cost before its end; this is what was done.".to_owned());
            }
            None => {}
        }
        let route = self.route.unwrap_or("the configured ones");
        notes.push(format!(
            "{} questions of {}, {} run(s), seed {}. The single model is {}, self-consistency the most frequent of {} of \
             its answers; the boards' routes: {route}.",
            self.set.questions.len(),
            self.set.name,
            self.runs,
            self.seed,
            self.model,
            self.samples
        ));
        notes.push(
            "In brackets 95 % confidence: Wilson's interval for accuracy, the bootstrap over questions for the rest. No \
             answer counts as not right. Differences are paired by question; p is of the exact sign test (with one run \
             McNemar's), corrected for all comparisons by Holm. Only below 0.05 a difference is called one."
                .to_owned(),
        );
        if self.lines().iter().any(|line| line.unpriced > 0) {
            notes.push("Costs with + lack attempts whose cost is unknown, which is not zero.".to_owned());
        }
        notes
    }

    /// For scripts.
    pub(super) fn json(&self) -> Value {
        let method = |line: MethodLine| {
            let reasons: serde_json::Map<String, Value> =
                line.no_answer.iter().map(|(reason, count)| (reason.name().to_owned(), json!(count))).collect();
            json!({
                "method": line.method.name(),
                "questions": line.questions,
                "asked": line.asked,
                "right": line.right,
                "no_answer": reasons,
                "accuracy": figure(&line.accuracy),
                "cost_microusd": figure(&line.cost),
                "tokens": figure(&line.tokens),
                "seconds": figure(&line.seconds),
                "spent_microusd": line.spent.0,
                "unpriced": line.unpriced,
            })
        };
        let comparison = |one: Comparison| {
            json!({
                "method": one.method.name(),
                "against": one.against.name(),
                "questions": one.questions,
                "better": one.better,
                "worse": one.worse,
                "difference": figure(&one.difference),
                "p": one.p,
                "verdict": one.verdict(),
            })
        };
        json!({
            "questions": self.set.name,
            "model": self.model,
            "route": self.route,
            "samples": self.samples,
            "runs": self.runs,
            "seed": self.seed,
            "offline_demo": self.offline,
            "stopped": self.measured.stopped.map(|stopped| match stopped {
                Stopped::Interrupted => "interrupted",
                Stopped::MaxCost => "max_cost",
            }),
            "methods": self.lines().into_iter().map(method).collect::<Vec<_>>(),
            "comparisons": self.comparisons().into_iter().map(comparison).collect::<Vec<_>>(),
            "answers": self.answers(),
        })
    }

    fn answers(&self) -> Vec<Value> {
        let answer = |sample: &super::measure::Sample| {
            let (chosen, reason) = match sample.answer {
                Answer::Chosen(place) => (sample.unit.put.options.get(place), None),
                Answer::None(reason) => (None, Some(reason.name())),
            };
            let question = self.set.questions.get(sample.unit.question);
            json!({
                "question": question.map(|question| &question.id),
                "tags": question.map(|question| &question.tags),
                "run": sample.unit.run + 1,
                "method": sample.unit.method.name(),
                "chosen": chosen,
                "right": sample.is_right(),
                "no_answer": reason,
                "cost_microusd": sample.spent.cost.0,
                "unpriced": sample.spent.unpriced,
                "attempts": sample.spent.attempts,
                "tokens_in": sample.spent.tokens_in,
                "tokens_out": sample.spent.tokens_out,
                "seconds": sample.seconds,
            })
        };
        self.measured.samples.iter().map(answer).collect()
    }
}

fn figure(figure: &Figure) -> Value {
    let interval = figure.interval.map(|Interval { low, high }| json!([low, high]));
    json!({ "mean": figure.mean, "interval_95": interval })
}

fn with(figure: &Figure, show: impl Fn(f64) -> String) -> String {
    match figure.interval {
        None => show(figure.mean),
        Some(Interval { low, high }) => format!("{} [{}, {}]", show(figure.mean), show(low), show(high)),
    }
}

fn percent(figure: &Figure) -> String {
    let show = |value: f64| format!("{:.0}", value * 100.0);
    match figure.interval {
        None => format!("{} %", show(figure.mean)),
        Some(Interval { low, high }) => format!("{} % [{}, {}]", show(figure.mean), show(low), show(high)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::samples;
    use super::*;
    use crate::cli::board::Colour;

    fn shown<T>(columns: T, read: impl Fn(&Shown<'_>, T) -> String) -> String {
        let set = QuestionSet { name: "scripted".to_owned(), questions: Vec::new() };
        let measured = Measured { samples: samples(), stopped: Some(Stopped::MaxCost) };
        let shown = Shown {
            set: &set,
            measured: &measured,
            methods: &[Method::Single, Method::Quick],
            model: "scripted/mind",
            route: None,
            samples: 5,
            runs: 1,
            seed: 1,
            offline: true,
        };
        read(&shown, columns)
    }

    #[test]
    fn a_measurement_in_the_terminal() {
        let screen = |columns| {
            shown(columns, |shown, columns| {
                let mut text = String::new();
                shown.screen(columns).iter().for_each(|line| Colour::None.write(line, &mut text));
                text
            })
        };
        insta::assert_snapshot!("wide", screen(140));
        insta::assert_snapshot!("narrow", screen(40));
    }

    #[test]
    fn the_file_and_the_json_say_the_same() {
        let markdown = shown((), |shown, ()| shown.markdown());
        assert!(markdown.contains("| quick | 9 of 10 | 90 % [60, 98] | 1 deadlock |"), "{markdown}");
        assert!(markdown.contains("these figures mean nothing") && markdown.contains("--max-cost"), "{markdown}");
        let json: Value = serde_json::from_str(&shown((), |shown, ()| shown.json().to_string())).unwrap();
        assert_eq!((&json["methods"][1]["right"], &json["stopped"]), (&json!(9), &json!("max_cost")));
        assert_eq!(json["comparisons"][0]["verdict"], "better");
        assert_eq!(json["answers"].as_array().unwrap().len(), 20);
    }
}
