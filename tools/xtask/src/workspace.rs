//! Where the repository is, which files are in it and which of its crates use which.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::arch::dependencies::Package;
use crate::arch::tiers::{Member, Use};

/// The repository as the checks see it.
pub(crate) struct Workspace {
    root: PathBuf,
    files: Vec<String>,
}

impl Workspace {
    /// Finds the root from where xtask was built, and lists the files that git knows or would add.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().context("find the root")?;
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&root)
            .output()
            .context("run git ls-files")?;
        if !listing.status.success() {
            bail!("git ls-files: {}", String::from_utf8_lossy(&listing.stderr).trim());
        }
        let mut files: Vec<String> = String::from_utf8(listing.stdout)
            .context("file names are UTF-8")?
            .split('\0')
            .filter(|path| !path.is_empty() && root.join(path).is_file())
            .map(str::to_owned)
            .collect();
        files.sort();
        files.dedup();
        Ok(Self { root, files })
    }

    /// Paths of all files, relative to the root, with `/` between the parts.
    pub(crate) fn files(&self) -> &[String] {
        &self.files
    }

    /// The text of one file; `None` when it is not UTF-8 text.
    pub(crate) fn read(&self, path: &str) -> Result<Option<String>> {
        let bytes = std::fs::read(self.root.join(path)).with_context(|| format!("read {path}"))?;
        Ok(String::from_utf8(bytes).ok())
    }

    /// The text of a generated file; `None` when it is not there yet.
    #[cfg(feature = "documents")]
    pub(crate) fn read_if_present(&self, path: &str) -> Result<Option<String>> {
        if self.root.join(path).is_file() { self.read(path) } else { Ok(None) }
    }

    /// Replaces one generated file.
    #[cfg(feature = "documents")]
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<()> {
        let target = self.root.join(path);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("create the folder of {path}"))?;
        }
        std::fs::write(target, text).with_context(|| format!("write {path}"))
    }

    /// The workspace's own crates and all others they are built with, from `cargo metadata`.
    pub(crate) fn graph(&self) -> Result<Graph> {
        let metadata =
            MetadataCommand::new().manifest_path(self.root.join("Cargo.toml")).exec().context("read cargo metadata")?;
        let mut graph = Graph { members: Vec::new(), outside: Vec::new() };
        for package in &metadata.packages {
            if !metadata.workspace_members.contains(&package.id) {
                graph.outside.push(Package {
                    name: package.name.to_string(),
                    version: package.version.to_string(),
                    license: package.license.clone(),
                });
                continue;
            }
            let folder = package.manifest_path.parent().context("a manifest stands in a folder")?;
            let place = folder.as_std_path().strip_prefix(&self.root).context("a member stands under the root")?;
            let uses = package
                .dependencies
                .iter()
                .map(|dependency| Use {
                    name: dependency.name.clone(),
                    for_tests_only: dependency.kind == DependencyKind::Development,
                })
                .collect();
            graph.members.push(Member {
                name: package.name.to_string(),
                place: place.to_string_lossy().replace('\\', "/"),
                uses,
            });
        }
        Ok(graph)
    }
}

/// Who uses whom.
pub(crate) struct Graph {
    /// Our own crates.
    pub(crate) members: Vec<Member>,
    /// Every other crate in the resolved tree.
    pub(crate) outside: Vec<Package>,
}
