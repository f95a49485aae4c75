//! Whether the server is alive, and whether it can do its work (OPS-5).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures::future::join_all;
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{Access, Counting, Routes};

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Anyone may ask, so the answer is kept this long: asking often does not load the database.
const FRESH: Duration = Duration::from_secs(1);

/// Something the server needs, and whether it is there (OPS-5).
#[async_trait]
pub trait HealthCheck: Send + Sync {
    /// The name in the answer: `database`.
    fn name(&self) -> &'static str;

    /// Whether the server can do nothing without it. Otherwise it only does less.
    fn required(&self) -> bool;

    /// Looks whether it is there; what is wrong goes to the log only.
    async fn check(&self) -> Result<(), String>;
}

/// How well the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Everything is there.
    Ok,
    /// Something is missing that the server can do without.
    Degraded,
    /// Something is missing that the server cannot do without.
    Down,
}

/// The answer of the live check.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: the process answers.
    pub status: HealthStatus,
    /// The server's version.
    pub version: &'static str,
}

/// The answer of the ready check.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Readiness {
    /// The worst of the checks.
    pub status: HealthStatus,
    /// What was looked at: `ok`, `degraded` or `down` each.
    pub checks: BTreeMap<String, HealthStatus>,
}

/// `GET /api/health` and `GET /api/health/ready`.
#[must_use]
pub fn routes(version: &'static str, checks: Vec<Arc<dyn HealthCheck>>) -> Routes {
    let looked = Arc::new(Checks { version, checks, last: Mutex::new(None) });
    Routes::<Arc<Checks>>::new()
        // Machines ask them every few seconds, and must not hear that they ask too often.
        .add_counted(Access::Public, Counting::Never, routes!(health))
        .add_counted(Access::Public, Counting::Never, routes!(ready))
        .with_state(looked)
}

struct Checks {
    version: &'static str,
    checks: Vec<Arc<dyn HealthCheck>>,
    last: Mutex<Option<(Instant, Readiness)>>,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/api/health", tag = "meta", responses((status = 200, body = Health)))]
async fn health(State(checks): State<Arc<Checks>>) -> Json<Health> {
    Json(Health { status: HealthStatus::Ok, version: checks.version })
}

/// Whether the server can do its work. `degraded` is still 200: something is missing that it can do without.
#[utoipa::path(get, path = "/api/health/ready", tag = "meta",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
async fn ready(State(checks): State<Arc<Checks>>) -> (StatusCode, Json<Readiness>) {
    let readiness = checks.look().await;
    let status = if readiness.status == HealthStatus::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(readiness))
}

impl Checks {
    /// One look at a time; who comes meanwhile gets its result.
    async fn look(&self) -> Readiness {
        let mut last = self.last.lock().await;
        if let Some((when, readiness)) = last.as_ref()
            && when.elapsed() < FRESH
        {
            return readiness.clone();
        }
        let checks: BTreeMap<_, _> =
            join_all(self.checks.iter().map(|check| state(&**check))).await.into_iter().collect();
        let has = |status| checks.values().any(|found| *found == status);
        let status = match () {
            () if has(HealthStatus::Down) => HealthStatus::Down,
            () if has(HealthStatus::Degraded) => HealthStatus::Degraded,
            () => HealthStatus::Ok,
        };
        let readiness = Readiness { status, checks };
        *last = Some((Instant::now(), readiness.clone()));
        readiness
    }
}

async fn state(check: &dyn HealthCheck) -> (String, HealthStatus) {
    let result = tokio::time::timeout(PATIENCE, check.check()).await;
    let status = match result.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
        Ok(()) => HealthStatus::Ok,
        Err(error) => {
            tracing::warn!(check = check.name(), error, "health check failed");
            if check.required() { HealthStatus::Down } else { HealthStatus::Degraded }
        }
    };
    (check.name().to_owned(), status)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;

    struct Fixed(&'static str, bool, Result<(), String>);

    #[async_trait]
    impl HealthCheck for Fixed {
        fn name(&self) -> &'static str {
            self.0
        }
        fn required(&self) -> bool {
            self.1
        }
        async fn check(&self) -> Result<(), String> {
            self.2.clone()
        }
    }

    async fn ask(path: &str, checks: Vec<Arc<dyn HealthCheck>>) -> (u16, Value) {
        let (router, _, _) = routes("9.9.9", checks).into_parts();
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&to_bytes(response.into_body(), 4096).await.unwrap()).unwrap())
    }

    fn gone() -> Result<(), String> {
        Err("connection refused at 10.0.0.7".into())
    }

    #[tokio::test]
    async fn degraded_is_told_apart_from_down() {
        assert_eq!(ask("/api/health", vec![]).await, (200, json!({"status": "ok", "version": "9.9.9"})));
        let fine: Arc<dyn HealthCheck> = Arc::new(Fixed("database", true, Ok(())));
        let mail: Arc<dyn HealthCheck> = Arc::new(Fixed("mail", false, gone()));
        let jobs: Arc<dyn HealthCheck> = Arc::new(Fixed("jobs", true, gone()));
        assert_eq!(
            ask("/api/health/ready", vec![fine.clone()]).await,
            (200, json!({"status": "ok", "checks": {"database": "ok"}}))
        );
        assert_eq!(
            ask("/api/health/ready", vec![fine.clone(), mail.clone()]).await,
            (200, json!({"status": "degraded", "checks": {"database": "ok", "mail": "degraded"}}))
        );
        assert_eq!(
            ask("/api/health/ready", vec![fine, mail, jobs]).await,
            (503, json!({"status": "down", "checks": {"database": "ok", "mail": "degraded", "jobs": "down"}}))
        );
    }
}
