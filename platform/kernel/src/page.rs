use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The query parameters of a list: how many, and where to go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageRequest {
    /// How many items at most, 1 to 200; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageRequest {
    /// The limit in force, held within 1 to 200.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, 200) as usize
    }
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub data: Vec<T>,
    /// Where the next page begins.
    pub pagination: Pagination,
}

/// Where a list goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Pagination {
    /// Pass it as `cursor` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// A page from `limit + 1` rows: the extra one only tells that there are more. `cursor` names the last item kept.
    pub fn from_rows(mut rows: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if has_more { rows.last().map(cursor) } else { None };
        Self { data: rows, pagination: Pagination { next_cursor, has_more } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extra_row_only_tells_that_there_are_more() {
        let page = Page::from_rows(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!(page.data, [1, 2]);
        assert_eq!(page.pagination.next_cursor.as_deref(), Some("2"));
        let last = Page::from_rows(vec![1, 2], 2, ToString::to_string);
        assert!(!last.pagination.has_more);
        assert!(last.pagination.next_cursor.is_none());
    }
}
