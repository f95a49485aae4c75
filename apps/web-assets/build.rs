//! Makes sure that the folder to embed exists, so that the server also builds where the page was not built.

use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let build = Path::new("../../web/build");
    std::fs::create_dir_all(build)?;
    // A folder is looked at with everything in it, so a rebuilt page is embedded again.
    println!("cargo:rerun-if-changed={}", build.display());
    Ok(())
}
