use serde::{Deserialize, Serialize};

/// How identity works. Section `[identity]` of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {
    /// Memory of one password hash in KiB (Argon2id `m`); 65,536 (64 MiB) unless told. Lower it only in tests.
    pub password_memory_kib: u32,
    /// Passes over that memory (Argon2id `t`); 2 unless told.
    pub password_passes: u32,
    /// How many passwords are hashed at once; 2 unless told.
    pub password_parallel: usize,
    /// How many requests may wait for their turn to hash before others are turned away; 64 unless told.
    pub password_queue: usize,
    /// How many milliseconds a refresh stays open for parallel requests with the same token, which get the same
    /// answer; 50 unless told.
    pub refresh_settle_ms: u64,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self {
            password_memory_kib: 64 * 1024,
            password_passes: 2,
            password_parallel: 2,
            password_queue: 64,
            refresh_settle_ms: 50,
        }
    }
}
