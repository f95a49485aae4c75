use std::rc::Rc;

use super::Fonts;
use super::encoding::as_typed;
use super::file::{File, Page};
use super::font::Font;
use super::lexer::Lexer;
use super::object::{Dictionary, Object};
use crate::ExtractError;
use crate::budget::Budget;

/// Pages within pages.
const DEPTH: usize = 8;
/// States that were put aside.
const STATES: usize = 256;
/// The most operands of an operator.
const OPERANDS: usize = 64;

/// Where and how large: `x' = a x + c y + e`, `y' = b x + d y + f`.
#[derive(Debug, Clone, Copy)]
struct Matrix {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
    e: f64,
    f: f64,
}

impl Matrix {
    const IDENTITY: Self = Self { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: 0.0, f: 0.0 };

    const fn at(e: f64, f: f64) -> Self {
        Self { e, f, ..Self::IDENTITY }
    }

    fn of(numbers: &[f64]) -> Option<Self> {
        let [a, b, c, d, e, f] = *numbers else { return None };
        Some(Self { a, b, c, d, e, f })
    }

    /// First this, then the other.
    fn then(self, other: Self) -> Self {
        Self {
            a: self.a * other.a + self.b * other.c,
            b: self.a * other.b + self.b * other.d,
            c: self.c * other.a + self.d * other.c,
            d: self.c * other.b + self.d * other.d,
            e: self.e * other.a + self.f * other.c + other.e,
            f: self.e * other.b + self.f * other.d + other.f,
        }
    }
}

/// What operators change and `Q` brings back.
#[derive(Clone)]
struct Setting {
    page: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    letter_space: f64,
    word_space: f64,
    stretch: f64,
    leading: f64,
    rise: f64,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            page: Matrix::IDENTITY,
            font: None,
            size: 1.0,
            letter_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

/// Where the last letter ended, and how large it was.
#[derive(Clone, Copy)]
struct Pen {
    x: f64,
    y: f64,
    size: f64,
}

/// Follows a page's operators and writes down the letters in the order in which they are shown.
pub(super) struct Painter<'f> {
    file: &'f File<'f>,
    fonts: &'f mut Fonts,
    text: String,
    written: usize,
    most: usize,
    /// Letters that nobody can tell.
    pub(super) unknown: usize,
    pen: Option<Pen>,
    setting: Setting,
    line: Matrix,
    here: Matrix,
}

impl<'f> Painter<'f> {
    pub(super) fn new(file: &'f File<'f>, fonts: &'f mut Fonts) -> Self {
        Self {
            file,
            fonts,
            text: String::new(),
            written: 0,
            most: 0,
            unknown: 0,
            pen: None,
            setting: Setting::default(),
            line: Matrix::IDENTITY,
            here: Matrix::IDENTITY,
        }
    }

    /// Reads a page, up to so many characters and one more.
    pub(super) fn page(&mut self, page: &Page, most: usize, budget: &mut Budget) -> Result<(), ExtractError> {
        self.most = most;
        let mut content = Vec::new();
        let parts = match page.dictionary.get(b"Contents") {
            None => Vec::new(),
            Some(one) => match self.file.resolve(one, budget)? {
                Object::Array(parts) => parts,
                _ => vec![one.clone()],
            },
        };
        for part in parts {
            budget.step()?;
            if let Some(stream) = self.file.stream(&part, budget)?
                && let Some(more) = self.file.content(&stream, budget)?
            {
                content.extend_from_slice(&more);
                // A word does not go on in the next part.
                content.push(b'\n');
            }
        }
        self.run(&content, &page.resources, 0, budget)
    }

    pub(super) fn finish(self) -> String {
        let lines: Vec<&str> = self.text.lines().map(str::trim_end).collect();
        lines.join("\n").trim().to_owned()
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: &Dictionary,
        depth: usize,
        budget: &mut Budget,
    ) -> Result<(), ExtractError> {
        let mut lexer = Lexer::new(content, 0);
        let mut operands: Vec<Object> = Vec::new();
        let mut states: Vec<Setting> = Vec::new();
        while lexer.at < content.len() && self.written <= self.most {
            let Some(value) = lexer.value(budget)? else { continue };
            let Object::Word(word) = value else {
                if operands.len() < OPERANDS {
                    operands.push(value);
                }
                continue;
            };
            match word.as_slice() {
                b"q" if states.len() < STATES => states.push(self.setting.clone()),
                b"Q" => self.setting = states.pop().unwrap_or_else(|| self.setting.clone()),
                b"ID" => lexer.skip_picture(),
                b"Tf" => self.choose_font(&operands, resources, budget)?,
                b"Do" if depth < DEPTH => self.form(&operands, resources, depth, budget)?,
                word => self.operator(word, &operands),
            }
            operands.clear();
        }
        Ok(())
    }

    fn operator(&mut self, word: &[u8], operands: &[Object]) {
        let numbers: Vec<f64> = operands.iter().filter_map(Object::number).collect();
        let first = numbers.first().copied();
        let text = || match operands.last() {
            Some(Object::Text(text)) => text.as_slice(),
            _ => &[],
        };
        match word {
            b"cm" => {
                if let Some(matrix) = Matrix::of(&numbers) {
                    self.setting.page = matrix.then(self.setting.page);
                }
            }
            b"BT" => (self.line, self.here) = (Matrix::IDENTITY, Matrix::IDENTITY),
            b"Tc" => self.setting.letter_space = first.unwrap_or_default(),
            b"Tw" => self.setting.word_space = first.unwrap_or_default(),
            b"Tz" => self.setting.stretch = first.unwrap_or(100.0) / 100.0,
            b"TL" => self.setting.leading = first.unwrap_or_default(),
            b"Ts" => self.setting.rise = first.unwrap_or_default(),
            b"Td" | b"TD" => {
                if let [x, y] = *numbers {
                    if word == b"TD" {
                        self.setting.leading = -y;
                    }
                    self.move_line(x, y);
                }
            }
            b"Tm" => {
                if let Some(matrix) = Matrix::of(&numbers) {
                    (self.line, self.here) = (matrix, matrix);
                }
            }
            b"T*" => self.move_line(0.0, -self.setting.leading),
            b"Tj" => self.show(text()),
            b"'" => {
                self.move_line(0.0, -self.setting.leading);
                self.show(text());
            }
            b"\"" => {
                if let [word_space, letter_space, ..] = *numbers {
                    (self.setting.word_space, self.setting.letter_space) = (word_space, letter_space);
                }
                self.move_line(0.0, -self.setting.leading);
                self.show(text());
            }
            b"TJ" => {
                for item in operands.last().and_then(Object::array).unwrap_or_default() {
                    match item {
                        Object::Text(text) => self.show(text),
                        Object::Number(back) => {
                            let across = -back / 1000.0 * self.setting.size * self.setting.stretch;
                            self.here = Matrix::at(across, 0.0).then(self.here);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn move_line(&mut self, x: f64, y: f64) {
        self.line = Matrix::at(x, y).then(self.line);
        self.here = self.line;
    }

    fn choose_font(
        &mut self,
        operands: &[Object],
        resources: &Dictionary,
        budget: &mut Budget,
    ) -> Result<(), ExtractError> {
        let [Object::Name(name), Object::Number(size)] = operands else { return Ok(()) };
        self.setting.size = *size;
        let fonts = self.file.dictionary(resources, b"Font", budget)?;
        let Some(object) = fonts.get(name) else {
            self.setting.font = None;
            return Ok(());
        };
        let number = if let Object::Reference(number) = object { Some(*number) } else { None };
        if let Some(font) = number.and_then(|number| self.fonts.get(&number)) {
            self.setting.font = Some(Rc::clone(font));
            return Ok(());
        }
        let Object::Dictionary(dictionary) = self.file.resolve(object, budget)? else { return Ok(()) };
        let font = Rc::new(Font::read(self.file, &dictionary, budget)?);
        if let Some(number) = number {
            self.fonts.insert(number, Rc::clone(&font));
        }
        self.setting.font = Some(font);
        Ok(())
    }

    fn form(
        &mut self,
        operands: &[Object],
        resources: &Dictionary,
        depth: usize,
        budget: &mut Budget,
    ) -> Result<(), ExtractError> {
        let Some(name) = operands.last().and_then(Object::name) else { return Ok(()) };
        let forms = self.file.dictionary(resources, b"XObject", budget)?;
        let Some(stream) = forms.get(name).map(|form| self.file.stream(form, budget)).transpose()?.flatten() else {
            return Ok(());
        };
        if !stream.dictionary.is(b"Subtype", b"Form") {
            return Ok(());
        }
        let Some(content) = self.file.content(&stream, budget)? else { return Ok(()) };
        let own = match self.file.entry(&stream.dictionary, b"Resources", budget)? {
            Object::Dictionary(own) => own,
            _ => resources.clone(),
        };
        let before = (self.setting.clone(), self.line, self.here);
        if let Object::Array(matrix) = self.file.entry(&stream.dictionary, b"Matrix", budget)? {
            let numbers: Vec<f64> = matrix.iter().filter_map(Object::number).collect();
            if let Some(matrix) = Matrix::of(&numbers) {
                self.setting.page = matrix.then(self.setting.page);
            }
        }
        self.run(&content, &own, depth + 1, budget)?;
        (self.setting, self.line, self.here) = before;
        Ok(())
    }

    /// Where a letter is shown now: its place on the page, the direction of the line, and its size.
    fn place(&self) -> (f64, f64, f64, f64, f64) {
        let setting = &self.setting;
        let matrix = Matrix::at(0.0, setting.rise).then(self.here).then(setting.page);
        let stretch = matrix.a.hypot(matrix.b);
        let size = (setting.size * matrix.c.hypot(matrix.d)).abs();
        let (along_x, along_y) = if stretch > 0.0 { (matrix.a / stretch, matrix.b / stretch) } else { (1.0, 0.0) };
        (matrix.e, matrix.f, along_x, along_y, size)
    }

    fn show(&mut self, text: &[u8]) {
        let Some(font) = self.setting.font.clone() else { return };
        font.glyphs(text, |glyph| {
            if self.written > self.most {
                return;
            }
            match &glyph.text {
                Some(letters) => self.write(letters),
                None => self.unknown += 1,
            }
            let setting = &self.setting;
            let spaces = setting.letter_space + if glyph.is_space { setting.word_space } else { 0.0 };
            let across = (glyph.width * setting.size + spaces) * setting.stretch;
            self.here = Matrix::at(across, 0.0).then(self.here);
            if glyph.text.is_some() {
                let (x, y, _, _, size) = self.place();
                self.pen = Some(Pen { x, y, size });
            }
        });
    }

    /// Writes letters, after a space, a line end or an empty line where their place says so.
    fn write(&mut self, letters: &str) {
        let (x, y, along_x, along_y, size) = self.place();
        let ends_in_space = self.text.chars().next_back().is_none_or(char::is_whitespace);
        if let Some(pen) = self.pen {
            let (dx, dy) = (x - pen.x, y - pen.y);
            let along = dx * along_x + dy * along_y;
            let across = (dy * along_x - dx * along_y).abs();
            let size = size.max(pen.size).max(0.01);
            // Thresholds as shares of the letters' size: what readers see as a new line and as a gap.
            if across > size * 0.5 || along < -size * 1.5 {
                let far = across > size * 1.9;
                let trimmed = self.text.trim_end_matches(' ').len();
                self.text.truncate(trimmed);
                self.push(if far { "\n\n" } else { "\n" });
            } else if along > size * 0.18 && !ends_in_space && !letters.starts_with(' ') {
                self.push(" ");
            }
        }
        self.push(letters);
    }

    fn push(&mut self, text: &str) {
        as_typed(text, &mut self.text);
        self.written += text.chars().count();
    }
}
