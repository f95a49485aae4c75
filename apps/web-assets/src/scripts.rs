use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

/// The hash of each script inside a page, once each, as a content security policy writes it.
pub(crate) fn hashes<Files: RustEmbed>() -> Vec<String> {
    let mut found = BTreeSet::new();
    for name in Files::iter().filter(|name| name.ends_with(".html")) {
        if let Some(file) = Files::get(&name) {
            found.extend(inline(&String::from_utf8_lossy(&file.data)).into_iter().map(hash));
        }
    }
    found.into_iter().collect()
}

fn hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script.as_bytes())))
}

/// The content of every script element that names no file. The pages are our own build's, so the elements are looked
/// for as a browser would find them in well-formed HTML.
fn inline(html: &str) -> Vec<&str> {
    // ASCII only, so that places in it are places in the page.
    let lower = html.to_ascii_lowercase();
    let mut scripts = Vec::new();
    let mut from = 0;
    while let Some(begin) = lower[from..].find("<script").map(|at| from + at) {
        let Some(open) = lower[begin..].find('>').map(|at| begin + at + 1) else { break };
        let Some(close) = lower[open..].find("</script").map(|at| open + at) else { break };
        let tag = &lower[begin..open];
        let names_a_file = tag.split_ascii_whitespace().any(|attribute| attribute.starts_with("src="));
        // What describes a page to search engines is data: it is never run, and no policy asks for it.
        if !names_a_file && !tag.contains("application/ld+json") {
            scripts.push(&html[open..close]);
        }
        from = close;
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_inside_the_page_are_found_and_files_are_not() {
        let html = "<head><script src=\"/theme.js\"></script><SCRIPT type=module>\n\tlet é = 1 < 2;\n</SCRIPT>\
            <script\nasync src='x'></script><script type=\"application/ld+json\">{}</script></head><script>b()</script>";
        assert_eq!(inline(html), ["\n\tlet é = 1 < 2;\n", "b()"]);
        assert!(inline("<p>none</p><script").is_empty());
    }

    #[test]
    fn the_hash_is_written_as_browsers_compare_it() {
        // The example of CSP level 2, section 4.2.5.
        let expected = "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=";
        assert_eq!(hash("alert('Hello, world.');"), expected);
    }
}
