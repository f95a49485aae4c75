use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::{Clock as _, Code, Ids as _, OrgId, PageRequest, SystemIds};
use quorate_testkit::{HeldClock, on_both_databases};
use serde_json::Value;

use super::{log, log_with, person, promotion, started, store};
use crate::{Actor, Entry, Filter};

on_both_databases! {
    async fn entries_are_found_by_action_person_organization_and_time(database: TestDatabase) {
        let store = store(&database).await;
        let clock = Arc::new(HeldClock::default());
        let log = log_with(Arc::clone(&clock));
        let (ada, bob, org) = (person(), person(), OrgId(SystemIds.uuid()));
        let begin = clock.now();
        for entry in [
            promotion(ada, bob),
            started(),
            Entry::new("identity.login", Actor::User(bob)).in_org(org),
            Entry::new("Identity.login", Actor::User(ada)).in_org(org),
            Entry::new("identity_x", Actor::Anonymous),
        ] {
            log.record(&store, entry).await.unwrap();
            clock.advance(Duration::from_secs(60));
        }
        let all = Filter::default();
        let action = |prefix: &str| Filter { action: Some(prefix.into()), ..Filter::default() };
        let minute = Duration::from_secs(60);
        for (filter, expected) in [
            (all.clone(), vec![5, 4, 3, 2, 1]),
            (action("identity."), vec![3, 1]),
            (action("identity.login"), vec![3]),
            (action("%"), vec![]),
            (action("a\0b"), vec![]),
            (Filter { user: Some(ada), ..all.clone() }, vec![4, 1]),
            (Filter { user: Some(bob), ..all.clone() }, vec![3, 1]),
            (Filter { org: Some(org), ..all.clone() }, vec![4, 3]),
            (Filter { org: Some(org), user: Some(ada), ..all.clone() }, vec![4]),
            (Filter { user: Some(bob), ..action("identity.r") }, vec![1]),
            (Filter { since: Some(begin + minute), until: Some(begin + 3 * minute), ..all.clone() }, vec![3, 2]),
            (Filter { user: Some(person()), ..all.clone() }, vec![]),
        ] {
            let found = log.list(&store, &filter, &PageRequest::default()).await.unwrap();
            assert_eq!(found.data.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), expected, "{filter:?}");
        }
    }

    async fn pages_go_on_where_the_last_ended(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        for _ in 0..7 {
            log.record(&store, started()).await.unwrap();
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let request = PageRequest { limit: Some(3), cursor: cursor.clone() };
            let page = log.list(&store, &Filter::default(), &request).await.unwrap();
            seen.extend(page.data.iter().map(|entry| entry.sequence));
            // What is added meanwhile does not move the pages.
            log.record(&store, started()).await.unwrap();
            cursor = page.pagination.next_cursor;
            if !page.pagination.has_more {
                break;
            }
        }
        assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
        for wrong in ["x", "", "99999999999999999999", "1 OR 1=1"] {
            let request = PageRequest { limit: None, cursor: Some(wrong.into()) };
            let problem = log.list(&store, &Filter::default(), &request).await.unwrap_err();
            assert_eq!((problem.code, problem.details[0].field.as_str()), (Code::ValidationFailed, "cursor"));
        }
    }

    async fn an_export_has_every_entry_on_a_line_and_no_salt(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        let mut tx = store.system("a test fills the log").await.unwrap();
        for _ in 0..501 {
            log.append(&mut tx, started()).await.unwrap();
        }
        log.append(&mut tx, promotion(person(), person())).await.unwrap();
        tx.commit().await.unwrap();
        let mut lines = Vec::new();
        assert_eq!(log.export(&store, &Filter::default(), &mut lines).await.unwrap(), 502);
        let text = String::from_utf8(lines).unwrap();
        let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(entries.len(), 502);
        assert!(entries.iter().zip(1..).all(|(entry, n)| entry["sequence"] == n));
        assert!(entries.windows(2).all(|pair| pair[1]["previous_mac"] == pair[0]["mac"]));
        assert_eq!(entries[501]["actor_kind"], "user");
        assert_eq!(entries[501]["before"]["role"], "member");
        assert!(!text.contains("salt"));
    }
}
