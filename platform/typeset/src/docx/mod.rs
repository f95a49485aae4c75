//! A document as DOCX (ECMA-376, transitional): real styles, lists, tables with head rows, a table of contents and page
//! numbers as fields, charts that can be edited.

mod body;
mod chart;
mod styles;
mod table;
mod xml;
mod zip;

use std::fmt::Write;

use body::Body;
use xml::{HEAD, W, escape};

use crate::TypesetError;
use crate::document::Document;

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PARTS: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

/// Sets a document as a DOCX.
///
/// # Errors
/// When it is too large for its format: four gigabytes.
pub fn docx(document: &Document) -> Result<Vec<u8>, TypesetError> {
    let body = Body::of(document);
    let mut parts = vec![
        part("[Content_Types].xml", types(body.charts.len())),
        part("_rels/.rels", root()),
        part("docProps/core.xml", core(document)),
        part("docProps/app.xml", app()),
        part("word/document.xml", main(&body)),
        part("word/_rels/document.xml.rels", relations(&body)),
        part("word/styles.xml", styles::styles(&document.language)),
        part("word/numbering.xml", numbering(&body.numbered)),
        part("word/settings.xml", settings()),
        part("word/footer1.xml", footer(document)),
    ];
    for (place, chart) in body.charts.into_iter().enumerate() {
        parts.push((format!("word/charts/chart{}.xml", place + 1), chart));
    }
    Ok(zip::zip(&parts)?)
}

fn part(name: &str, content: String) -> (String, String) {
    (name.to_owned(), content)
}

fn types(charts: usize) -> String {
    let mut out = format!(
        r#"{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/><Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/>"#
    );
    for (name, kind) in [
        ("document", "document.main"),
        ("styles", "styles"),
        ("numbering", "numbering"),
        ("settings", "settings"),
        ("footer1", "footer"),
    ] {
        let _ = write!(out, r#"<Override PartName="/word/{name}.xml" ContentType="{PARTS}.{kind}+xml"/>"#);
    }
    for number in 1..=charts {
        let _ = write!(
            out,
            r#"<Override PartName="/word/charts/chart{number}.xml" ContentType="application/vnd.openxmlformats-officedocument.drawingml.chart+xml"/>"#
        );
    }
    out + "</Types>"
}

fn relation(id: &str, kind: &str, target: &str) -> String {
    format!(r#"<Relationship Id="{id}" Type="{kind}" Target="{target}"/>"#)
}

const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#;

fn root() -> String {
    let core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
    [
        HEAD,
        RELATIONS,
        &relation("rMain", &format!("{OFFICE}/officeDocument"), "word/document.xml"),
        &relation("rCore", core, "docProps/core.xml"),
        &relation("rApp", &format!("{OFFICE}/extended-properties"), "docProps/app.xml"),
        "</Relationships>",
    ]
    .concat()
}

fn relations(body: &Body) -> String {
    let mut out = format!("{HEAD}{RELATIONS}");
    for name in ["styles", "numbering", "settings"] {
        out.push_str(&relation(name, &format!("{OFFICE}/{name}"), &format!("{name}.xml")));
    }
    out.push_str(&relation("footer1", &format!("{OFFICE}/footer"), "footer1.xml"));
    for number in 1..=body.charts.len() {
        let target = format!("charts/chart{number}.xml");
        out.push_str(&relation(&format!("rChart{number}"), &format!("{OFFICE}/chart"), &target));
    }
    for (place, url) in body.links.iter().enumerate() {
        let _ = write!(
            out,
            r#"<Relationship Id="rLink{}" Type="{OFFICE}/hyperlink" Target="{}" TargetMode="External"/>"#,
            place + 1,
            escape(url)
        );
    }
    out + "</Relationships>"
}

fn core(document: &Document) -> String {
    let created = document.created.map_or_else(String::new, |time| {
        let time = time.format("%Y-%m-%dT%H:%M:%SZ");
        format!(r#"<dcterms:created xsi:type="dcterms:W3CDTF">{time}</dcterms:created>"#)
    });
    format!(
        r#"{HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{}</dc:title><dc:creator>Quorate</dc:creator><dc:language>{}</dc:language>{created}</cp:coreProperties>"#,
        escape(&document.title),
        escape(&document.language)
    )
}

fn app() -> String {
    format!(
        r#"{HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Quorate</Application></Properties>"#
    )
}

fn main(body: &Body) -> String {
    format!(
        r#"{HEAD}<w:document {W} xmlns:r="{OFFICE}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><w:body>{}<w:sectPr><w:footerReference w:type="default" r:id="footer1"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1300" w:right="1418" w:bottom="1300" w:left="1418" w:header="708" w:footer="620" w:gutter="0"/></w:sectPr></w:body></w:document>"#,
        body.out
    )
}

/// Lists: the first is that of all bullets, then one for each numbered list, so that each begins where it should.
fn numbering(numbered: &[u64]) -> String {
    let mut out = format!("{HEAD}<w:numbering {W}>");
    for (id, format) in [(0, "bullet"), (1, "decimal")] {
        let _ = write!(out, r#"<w:abstractNum w:abstractNumId="{id}"><w:multiLevelType w:val="hybridMultilevel"/>"#);
        for level in 0..9 {
            let text = if id == 0 { "•".to_owned() } else { format!("%{}.", level + 1) };
            let left = 360 * (level + 1);
            let _ = write!(
                out,
                r#"<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{format}"/><w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{left}" w:hanging="300"/></w:pPr></w:lvl>"#
            );
        }
        out.push_str("</w:abstractNum>");
    }
    out.push_str(r#"<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#);
    for (place, first) in numbered.iter().enumerate() {
        let _ = write!(out, r#"<w:num w:numId="{}"><w:abstractNumId w:val="1"/>"#, place + 2);
        for level in 0..9 {
            let first = (*first).min(30_000);
            let _ =
                write!(out, r#"<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="{first}"/></w:lvlOverride>"#);
        }
        out.push_str("</w:num>");
    }
    out + "</w:numbering>"
}

/// The office brings the fields up to date when it opens the document: the page numbers of its table of contents.
fn settings() -> String {
    format!(
        r#"{HEAD}<w:settings {W}><w:updateFields w:val="true"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>"#
    )
}

fn footer(document: &Document) -> String {
    let field = |name: &str| {
        format!(
            r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> {name} </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>"#
        )
    };
    let text = |text: &str| format!(r#"<w:r><w:t xml:space="preserve">{}</w:t></w:r>"#, escape(text));
    let title: String = document.title.chars().take(70).collect();
    let title = if document.title.chars().count() > 70 { format!("{}…", title.trim_end()) } else { title };
    let mut out = format!(
        r#"{HEAD}<w:ftr {W}><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>{}<w:r><w:tab/></w:r>"#,
        text(&title)
    );
    for (place, part) in document.words.page.split("{page}").enumerate() {
        if place > 0 {
            out.push_str(&field("PAGE"));
        }
        for (place, part) in part.split("{pages}").enumerate() {
            if place > 0 {
                out.push_str(&field("NUMPAGES"));
            }
            out.push_str(&text(part));
        }
    }
    out + "</w:p></w:ftr>"
}

#[cfg(test)]
pub(crate) use zip::unzip;
