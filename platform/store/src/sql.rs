use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, Encode, FromRow, Row, Type};

use crate::StoreError;

/// A statement being filled in. Parameters are bound in the order of their `$n`.
#[must_use = "a statement does nothing until it is run"]
pub struct Sql<'t> {
    connection: &'t mut AnyConnection,
    query: Result<Query<'static, Any, AnyArguments>, StoreError>,
}

impl<'t> Sql<'t> {
    pub(crate) fn new(connection: &'t mut AnyConnection, text: &'static str) -> Self {
        Self { connection, query: Ok(sqlx::query(text)) }
    }

    pub(crate) fn refused(connection: &'t mut AnyConnection, error: StoreError) -> Self {
        Self { connection, query: Err(error) }
    }

    /// Binds the next parameter.
    pub fn bind<T>(mut self, value: T) -> Self
    where
        T: 'static + Send + Encode<'static, Any> + Type<Any>,
    {
        self.query = self.query.map(|query| query.bind(value));
        self
    }

    /// Runs it and tells how many rows it touched.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn execute(self) -> Result<u64, StoreError> {
        Ok(self.query?.execute(self.connection).await?.rows_affected())
    }

    /// All rows.
    ///
    /// # Errors
    /// When the database refuses it or a row does not fit `R`.
    pub async fn all<R>(self) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow>,
    {
        let rows = self.query?.fetch_all(self.connection).await?;
        Ok(rows.iter().map(R::from_row).collect::<Result<_, _>>()?)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// When the database refuses it or the row does not fit `R`.
    pub async fn optional<R>(self) -> Result<Option<R>, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow>,
    {
        let row = self.query?.fetch_optional(self.connection).await?;
        Ok(row.as_ref().map(R::from_row).transpose()?)
    }

    /// The first row, which must be there.
    ///
    /// # Errors
    /// When there is none, the database refuses it or the row does not fit `R`.
    pub async fn one<R>(self) -> Result<R, StoreError>
    where
        R: for<'r> FromRow<'r, AnyRow>,
    {
        let row = self.query?.fetch_one(self.connection).await?;
        Ok(R::from_row(&row)?)
    }

    /// The first column of the first row, which must be there.
    ///
    /// # Errors
    /// When there is none, the database refuses it or the column does not fit `T`.
    pub async fn scalar<T>(self) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Any> + Type<Any>,
    {
        let row = self.query?.fetch_one(self.connection).await?;
        Ok(row.try_get(0)?)
    }
}
