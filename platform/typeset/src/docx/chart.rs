//! Lines as a chart of the office's own kind (DrawingML), which whoever edits the document can restyle.

use std::fmt::Write;

use super::xml::{HEAD, escape};
use crate::colour::{LINE, SOFT};
use crate::document::{Curve, Curves};

/// The part that holds the chart. Its values stand in it; there is no workbook behind.
pub(super) fn chart(curves: &Curves) -> String {
    let mut series = String::new();
    for (place, curve) in curves.curves.iter().enumerate() {
        series.push_str(&one(place, curve, &curves.steps));
    }
    let text = format!(
        r#"<c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz="900"><a:solidFill><a:srgbClr val="{SOFT}"/></a:solidFill></a:defRPr></a:pPr><a:endParaRPr lang="en-US"/></a:p></c:txPr>"#
    );
    let line = |colour| {
        format!(r#"<c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></a:ln></c:spPr>"#)
    };
    format!(
        r#"{HEAD}<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/><c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}<c:marker val="1"/><c:axId val="1001"/><c:axId val="1002"/></c:lineChart><c:catAx><c:axId val="1001"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>{grid}{text}<c:crossAx val="1002"/><c:crosses val="autoZero"/></c:catAx><c:valAx><c:axId val="1002"/><c:scaling><c:orientation val="minMax"/><c:max val="1"/><c:min val="0"/></c:scaling><c:delete val="0"/><c:axPos val="l"/><c:majorGridlines>{grid}</c:majorGridlines><c:numFmt formatCode="0.0" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>{text}<c:crossAx val="1001"/><c:crosses val="autoZero"/><c:crossBetween val="between"/><c:majorUnit val="0.5"/></c:valAx></c:plotArea><c:legend><c:legendPos val="r"/><c:overlay val="0"/>{text}</c:legend><c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr></c:chartSpace>"#,
        grid = line(LINE)
    )
}

fn one(place: usize, curve: &Curve, steps: &[String]) -> String {
    let colour = curve.series.tone.mark();
    let dash = ["solid", "dash", "sysDot", "dashDot"].get(place % 4).copied().unwrap_or("solid");
    let (mut names, mut values) = (String::new(), String::new());
    // Writing to a string cannot fail.
    for (at, name) in steps.iter().enumerate() {
        let _ = write!(names, r#"<c:pt idx="{at}"><c:v>{}</c:v></c:pt>"#, escape(name));
    }
    for (at, value) in curve.values.iter().enumerate() {
        // What is not known has no point: the line is broken there (BRD-12).
        if let Some(value) = value.filter(|value| value.is_finite()) {
            let _ = write!(values, r#"<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>"#);
        }
    }
    let fill = format!(r#"<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>"#);
    format!(
        r#"<c:ser><c:idx val="{place}"/><c:order val="{place}"/><c:tx><c:v>{} {}</c:v></c:tx><c:spPr><a:ln w="22225">{fill}<a:prstDash val="{dash}"/></a:ln></c:spPr><c:marker><c:symbol val="circle"/><c:size val="5"/><c:spPr>{fill}<a:ln>{fill}</a:ln></c:spPr></c:marker><c:cat><c:strLit><c:ptCount val="{count}"/>{names}</c:strLit></c:cat><c:val><c:numLit><c:formatCode>0.00</c:formatCode><c:ptCount val="{count}"/>{values}</c:numLit></c:val><c:smooth val="0"/></c:ser>"#,
        escape(&curve.series.name),
        escape(&curve.last),
        count = steps.len()
    )
}
