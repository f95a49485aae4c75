//! The tables of providers and routes that were added at run time. They belong to the server and to no tenant.

use quorate_kernel::{from_millis, millis};
use quorate_models::{ProviderKind, RouteConfig};
use quorate_store::{StoreError, SystemTx};
use serde::de::DeserializeOwned;
use sqlx::FromRow;

use crate::providers::{Added, AddedProvider, AddedRoute};

#[derive(FromRow)]
struct ProviderRow {
    name: String,
    kind: String,
    base_url: Option<String>,
    sealed_key: Option<String>,
    key_last_four: Option<String>,
    sealed_headers: Option<String>,
    header_names: String,
    enabled: i64,
    prices: String,
    created_at: i64,
    updated_at: i64,
}

#[derive(FromRow)]
struct RouteRow {
    settings: String,
    created_at: i64,
    updated_at: i64,
}

impl ProviderRow {
    fn read(self) -> Result<AddedProvider, StoreError> {
        let kind = ProviderKind::parse(&self.kind);
        Ok(AddedProvider {
            kind: kind.ok_or_else(|| StoreError::corrupt("gateway_providers.kind", self.kind))?,
            name: self.name,
            base_url: self.base_url,
            sealed_key: self.sealed_key,
            key_last_four: self.key_last_four,
            sealed_headers: self.sealed_headers,
            header_names: json("gateway_providers.header_names", &self.header_names)?,
            enabled: self.enabled != 0,
            prices: json("gateway_providers.prices", &self.prices)?,
            created_at: from_millis(self.created_at),
            updated_at: from_millis(self.updated_at),
        })
    }
}

impl RouteRow {
    fn read(self) -> Result<AddedRoute, StoreError> {
        let config: RouteConfig = json("gateway_routes.settings", &self.settings)?;
        Ok(AddedRoute { config, created_at: from_millis(self.created_at), updated_at: from_millis(self.updated_at) })
    }
}

fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(what, error))
}

fn written<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::corrupt(what, error))
}

/// Everything that was added, by name.
pub(crate) async fn all(tx: &mut SystemTx) -> Result<Added, StoreError> {
    let providers: Vec<ProviderRow> = tx
        .sql(
            "SELECT name, kind, base_url, sealed_key, key_last_four, sealed_headers, header_names, enabled, prices, \
             created_at, updated_at FROM gateway_providers ORDER BY name",
        )
        .all()
        .await?;
    let routes: Vec<RouteRow> =
        tx.sql("SELECT settings, created_at, updated_at FROM gateway_routes ORDER BY name").all().await?;
    Ok(Added {
        providers: providers.into_iter().map(ProviderRow::read).collect::<Result<_, _>>()?,
        routes: routes.into_iter().map(RouteRow::read).collect::<Result<_, _>>()?,
    })
}

/// Writes a provider, new or changed.
pub(crate) async fn put_provider(tx: &mut SystemTx, provider: &AddedProvider) -> Result<(), StoreError> {
    let names = written("gateway_providers.header_names", &provider.header_names)?;
    let prices = written("gateway_providers.prices", &provider.prices)?;
    tx.sql(
        "INSERT INTO gateway_providers (name, kind, base_url, sealed_key, key_last_four, sealed_headers, header_names, \
         enabled, prices, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (name) DO UPDATE SET base_url = excluded.base_url, sealed_key = excluded.sealed_key, \
         key_last_four = excluded.key_last_four, sealed_headers = excluded.sealed_headers, \
         header_names = excluded.header_names, enabled = excluded.enabled, prices = excluded.prices, \
         updated_at = excluded.updated_at",
    )
    .bind(provider.name.clone())
    .bind(provider.kind.name())
    .bind(provider.base_url.clone())
    .bind(provider.sealed_key.clone())
    .bind(provider.key_last_four.clone())
    .bind(provider.sealed_headers.clone())
    .bind(names)
    .bind(i64::from(provider.enabled))
    .bind(prices)
    .bind(millis(provider.created_at))
    .bind(millis(provider.updated_at))
    .execute()
    .await
    .map(drop)
}

/// Removes a provider, and its key with it.
pub(crate) async fn remove_provider(tx: &mut SystemTx, name: &str) -> Result<(), StoreError> {
    tx.sql("DELETE FROM gateway_providers WHERE name = $1").bind(name.to_owned()).execute().await.map(drop)
}

/// Writes a route, new or changed.
pub(crate) async fn put_route(tx: &mut SystemTx, route: &AddedRoute) -> Result<(), StoreError> {
    let settings = written("gateway_routes.settings", &route.config)?;
    tx.sql(
        "INSERT INTO gateway_routes (name, settings, created_at, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at",
    )
    .bind(route.config.name.clone())
    .bind(settings)
    .bind(millis(route.created_at))
    .bind(millis(route.updated_at))
    .execute()
    .await
    .map(drop)
}

/// Removes a route.
pub(crate) async fn remove_route(tx: &mut SystemTx, name: &str) -> Result<(), StoreError> {
    tx.sql("DELETE FROM gateway_routes WHERE name = $1").bind(name.to_owned()).execute().await.map(drop)
}
