use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::routing::MethodRouter;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, Paths};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{OpenApi, RefOr, schema::Schema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::Access;
use crate::Counting;
use crate::access::{Guard, check};
use crate::idempotency;

/// One route as the permission table sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteEntry {
    /// `GET`, `POST` …
    pub method: String,
    /// The path with its parameters: `/api/v1/sessions/{id}`.
    pub path: String,
    /// Who may use it.
    pub access: Access,
}

/// Routes of which each declares who may use it. There is no other way to add one, so none can be forgotten (IDN-22).
pub struct Routes<S = ()> {
    router: OpenApiRouter<S>,
    table: Vec<RouteEntry>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self { router: OpenApiRouter::default(), table: Vec::new() }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handlers of one path, made with `utoipa_axum::routes!`, all under the same access.
    #[must_use]
    pub fn add(self, access: Access, methods: UtoipaMethodRouter<S>) -> Self {
        self.add_counted(access, Counting::Usual, methods)
    }

    /// As [`Routes::add`], but open to a device that is not admitted: who has too many must be able to remove one
    /// (IDN-10).
    #[must_use]
    pub fn add_for_any_device(self, access: Access, methods: UtoipaMethodRouter<S>) -> Self {
        self.guarded(Guard { access, devices: false, counting: Counting::Usual }, methods)
    }

    /// As [`Routes::add`], but counted otherwise (PLT-3).
    #[must_use]
    pub fn add_counted(self, access: Access, counting: Counting, methods: UtoipaMethodRouter<S>) -> Self {
        self.guarded(Guard { access, devices: true, counting }, methods)
    }

    /// As [`Routes::add`], for bodies larger than the server's usual limit: up to so many bytes.
    #[must_use]
    pub fn add_for_files(self, access: Access, most: usize, (schemas, paths, methods): UtoipaMethodRouter<S>) -> Self {
        let guard = Guard { access, devices: true, counting: Counting::Usual };
        // Around the guard: under an idempotency key it is the guard that reads the body.
        self.guarded_within(guard, (schemas, paths, methods), |methods| methods.layer(DefaultBodyLimit::max(most)))
    }

    fn guarded(self, guard: Guard, methods: UtoipaMethodRouter<S>) -> Self {
        self.guarded_within(guard, methods, |methods| methods)
    }

    fn guarded_within(
        mut self,
        guard: Guard,
        (schemas, mut paths, methods): UtoipaMethodRouter<S>,
        around: impl FnOnce(MethodRouter<S>) -> MethodRouter<S>,
    ) -> Self {
        self.table.extend(declare(&mut paths, guard.access));
        let guarded = methods.route_layer(from_fn(move |request: Request, next: Next| check(guard, request, next)));
        let parts: (Vec<(String, RefOr<Schema>)>, Paths, _) = (schemas, paths, around(guarded));
        self.router = self.router.routes(parts);
        self
    }

    /// All routes of both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        self.router = self.router.merge(other.router);
        self
    }

    /// Gives the handlers their state.
    #[must_use]
    pub fn with_state<T: Clone + Send + Sync + 'static>(self, state: S) -> Routes<T> {
        Routes { router: self.router.with_state(state), table: self.table }
    }

    /// The router, its description and the table of who may use what.
    pub fn into_parts(self) -> (Router<S>, OpenApi, Vec<RouteEntry>) {
        let (router, api) = self.router.split_for_parts();
        (router, api, self.table)
    }
}

/// Writes the access into the description of each operation, and lists them.
fn declare(paths: &mut Paths, access: Access) -> Vec<RouteEntry> {
    let mut entries = Vec::new();
    for (path, item) in &mut paths.paths {
        let methods: [(&str, &mut Option<Operation>); 5] = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ];
        for (method, operation) in methods {
            let Some(operation) = operation else { continue };
            match access {
                Access::Public => operation.security = Some(Vec::new()),
                Access::SignedIn | Access::Needs(_) | Access::Operator => {
                    let none: [&str; 0] = [];
                    let mut ways = vec!["bearer", "cookie"];
                    if matches!(access, Access::Needs(permission) if permission.is_for_keys()) {
                        ways.push("api_key");
                    }
                    operation.security =
                        Some(ways.into_iter().map(|way| SecurityRequirement::new(way, none)).collect());
                }
            }
            let needed = match access {
                Access::Needs(permission) => Some(permission.name()),
                Access::Operator => Some("operator"),
                Access::Public | Access::SignedIn => None,
            };
            if let Some(needed) = needed {
                operation.extensions = Some(ExtensionsBuilder::new().add("x-permission", needed).build());
            }
            if method != "GET" && access != Access::Public {
                operation.parameters.get_or_insert_default().push(RefOr::T(idempotency::parameter()));
            }
            entries.push(RouteEntry { method: method.to_owned(), path: path.clone(), access });
        }
    }
    entries
}
