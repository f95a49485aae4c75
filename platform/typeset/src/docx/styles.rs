//! The looks of a DOCX, as named styles that whoever edits it can change in one place.

use super::xml::{HEAD, W, escape};
use crate::colour::{BAIZE, BRASS, INK, LINE, SOFT, SUNKEN};

/// A style of paragraphs.
struct Style {
    id: &'static str,
    name: &'static str,
    /// Its place in a list of headings, for those that are in one.
    outline: Option<u8>,
    paragraph: String,
    run: String,
}

/// The styles of a document in a language.
pub(super) fn styles(language: &str) -> String {
    let heading = |level: u8, before: u16, size: u8, colour, display: bool| Style {
        id: ["Heading1", "Heading2", "Heading3"].get(usize::from(level)).copied().unwrap_or("Heading3"),
        name: ["heading 1", "heading 2", "heading 3"].get(usize::from(level)).copied().unwrap_or("heading 3"),
        outline: Some(level),
        paragraph: format!(r#"<w:keepNext/><w:keepLines/><w:spacing w:before="{before}" w:after="100"/>"#),
        run: format!(
            r#"{}<w:b/><w:bCs/><w:color w:val="{colour}"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/>"#,
            if display { DISPLAY } else { "" }
        ),
    };
    let plain = |id, name, paragraph: &str, run: String| Style {
        id,
        name,
        outline: None,
        paragraph: paragraph.to_owned(),
        run,
    };
    let small = format!(r#"<w:color w:val="{SOFT}"/><w:sz w:val="18"/><w:szCs w:val="18"/>"#);
    let all = [
        heading(0, 400, 34, BAIZE, true),
        heading(1, 280, 26, INK, false),
        heading(2, 200, 22, BAIZE, false),
        plain(
            "Title",
            "Title",
            &format!(
                r#"<w:keepNext/><w:pBdr><w:bottom w:val="single" w:sz="18" w:space="8" w:color="{BRASS}"/></w:pBdr><w:spacing w:before="0" w:after="280" w:line="240" w:lineRule="auto"/>"#
            ),
            format!(r#"{DISPLAY}<w:b/><w:bCs/><w:sz w:val="52"/><w:szCs w:val="52"/>"#),
        ),
        plain(
            "Subtitle",
            "Subtitle",
            r#"<w:keepNext/><w:spacing w:before="0" w:after="80"/>"#,
            format!("<w:b/>{small}"),
        ),
        plain("Quote", "Quote", &quote(), String::new()),
        plain("Caption", "caption", r#"<w:spacing w:before="0" w:after="140"/>"#, small.clone()),
        plain("ListParagraph", "List Paragraph", r#"<w:spacing w:before="0" w:after="60"/>"#, String::new()),
        plain(
            "TableText",
            "Table Text",
            r#"<w:spacing w:before="40" w:after="40" w:line="240" w:lineRule="auto"/>"#,
            size(19),
        ),
        plain(
            "TableHead",
            "Table Head",
            r#"<w:keepNext/><w:spacing w:before="50" w:after="50" w:line="240" w:lineRule="auto"/>"#,
            format!("<w:b/><w:bCs/>{}", size(18)),
        ),
        plain(
            "TOCHeading",
            "TOC Heading",
            r#"<w:keepNext/><w:spacing w:before="360" w:after="100"/>"#,
            format!(r#"{DISPLAY}<w:b/><w:color w:val="{BAIZE}"/>{}"#, size(26)),
        ),
        plain("TOC1", "toc 1", &toc(0), "<w:b/>".to_owned()),
        plain("TOC2", "toc 2", &toc(280), small.clone()),
        plain(
            "Footer",
            "footer",
            &format!(
                r#"<w:pBdr><w:top w:val="single" w:sz="4" w:space="6" w:color="{LINE}"/></w:pBdr><w:tabs><w:tab w:val="right" w:pos="9070"/></w:tabs><w:spacing w:after="0"/>"#
            ),
            small,
        ),
    ];
    let all: String = all.iter().map(written).collect();
    format!(
        r#"{HEAD}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Microsoft YaHei" w:cs="Calibri"/><w:color w:val="{INK}"/>{}<w:lang w:val="{}" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:widowControl/><w:spacing w:after="130" w:line="288" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style><w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style><w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:rPr><w:color w:val="{BAIZE}"/><w:u w:val="single"/></w:rPr></w:style>{all}{}</w:styles>"#,
        size(21),
        escape(language),
        tables()
    )
}

const DISPLAY: &str = r#"<w:rFonts w:ascii="Georgia" w:hAnsi="Georgia" w:eastAsia="Microsoft YaHei" w:cs="Georgia"/>"#;

fn size(half_points: u8) -> String {
    format!(r#"<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>"#)
}

fn toc(indent: u16) -> String {
    format!(
        r#"<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9070"/></w:tabs><w:spacing w:before="0" w:after="50"/><w:ind w:left="{indent}" w:right="600"/>"#
    )
}

fn quote() -> String {
    format!(
        r#"<w:pBdr><w:left w:val="single" w:sz="18" w:space="10" w:color="{BRASS}"/></w:pBdr><w:spacing w:before="0" w:after="100"/><w:ind w:left="284"/>"#
    )
}

fn written(style: &Style) -> String {
    let Style { id, name, outline, paragraph, run } = style;
    let level = outline.map_or_else(String::new, |level| format!(r#"<w:outlineLvl w:val="{level}"/>"#));
    format!(
        r#"<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/><w:pPr>{paragraph}{level}</w:pPr><w:rPr>{run}</w:rPr></w:style>"#
    )
}

/// The style of tables: a shaded head and lines between rows.
fn tables() -> String {
    format!(
        r#"<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style><w:style w:type="table" w:styleId="BoardTable"><w:name w:val="Board Table"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders><w:bottom w:val="single" w:sz="4" w:space="0" w:color="{LINE}"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="{LINE}"/></w:tblBorders></w:tblPr><w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="{BAIZE}"/></w:tcBorders><w:shd w:val="clear" w:color="auto" w:fill="{SUNKEN}"/></w:tcPr></w:tblStylePr><w:tblStylePr w:type="lastRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="{SUNKEN}"/></w:tcPr></w:tblStylePr></w:style>"#
    )
}
