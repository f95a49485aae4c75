use futures::future::join_all;
use quorate_kernel::{Clock as _, PageRequest};
use quorate_testkit::on_both_databases;

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

on_both_databases! {
    async fn keys_are_their_owners_and_admins_may_end_them(database: TestDatabase) {
        let node = Node::start(&database).await;
        let boss = node.somebody(Role::Admin);
        let (bob, eve) = (node.member(boss.org_id, Role::Member), node.somebody(Role::Owner));
        let (hers, his) = (node.key(&boss).await.key.id, node.key(&bob).await.key.id);
        let seen = async |who: &Principal| -> Vec<uuid::Uuid> {
            let page = node.keys.list(&by(who), &PageRequest::default()).await.unwrap();
            page.data.iter().map(|key| key.id).collect()
        };
        assert_eq!((seen(&boss).await, seen(&bob).await, seen(&eve).await), (vec![his, hers], vec![his], vec![]));
        // What is somebody else's is as what is not there, to a member and to another organization's owner.
        for (who, id) in [(&bob, hers), (&eve, hers), (&eve, his), (&bob, SystemIds.uuid())] {
            assert_eq!(code(node.keys.one(&by(who), id).await), Code::NotFound);
            assert_eq!(code(node.keys.change(&by(who), id, KeyChange::default()).await), Code::NotFound);
            assert_eq!(code(node.keys.rotate(&by(who), id, HOUR).await), Code::NotFound);
            assert_eq!(code(node.keys.revoke(&by(who), id).await), Code::NotFound);
        }
        assert!(node.keys.one(&by(&boss), his).await.is_ok());
        assert_eq!(code(node.keys.change(&by(&boss), his, KeyChange::default()).await), Code::Forbidden);
        assert_eq!(code(node.keys.rotate(&by(&boss), his, HOUR).await), Code::Forbidden);
        node.keys.revoke(&by(&boss), his).await.unwrap();
        node.keys.revoke(&by(&boss), his).await.unwrap();
        assert_eq!(node.keys.one(&by(&bob), his).await.unwrap().revoked_at, Some(node.clock.now()));
        assert_eq!(code(node.keys.change(&by(&bob), his, KeyChange::default()).await), Code::Conflict);
        assert_eq!(code(node.keys.rotate(&by(&bob), his, HOUR).await), Code::Conflict);
    }

    async fn pages_go_from_the_newest_to_the_oldest(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Member);
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(node.key(&ada).await.key.id);
            // Ids are ordered by the millisecond.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        made.reverse();
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = node.keys.list(&by(&ada), &PageRequest { limit: Some(2), cursor }).await.unwrap();
            found.extend(page.data.iter().map(|key| key.id));
            cursor = page.pagination.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, made);
        let wrong = PageRequest { limit: None, cursor: Some("' OR 1=1 --".to_owned()) };
        assert_eq!(code(node.keys.list(&by(&ada), &wrong).await), Code::ValidationFailed);
    }

    async fn a_rotated_key_has_two_secrets_through_the_grace(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Member);
        let first = node.key(&ada).await;
        let id = first.key.id;
        let second = node.keys.rotate(&by(&ada), id, HOUR).await.unwrap();
        assert_eq!(second.key.previous_until, Some(node.clock.now() + HOUR));
        assert_eq!((node.verify(&first).await, node.verify(&second).await), (Ok(()), Ok(())));
        assert_eq!(code(node.keys.rotate(&by(&ada), id, HOUR).await), Code::Conflict, "three would live");
        node.clock.advance(HOUR);
        assert_eq!((node.verify(&first).await, node.verify(&second).await), (Err(KeyRefused::Revoked), Ok(())));
        let third = node.keys.rotate(&by(&ada), id, HOUR).await.unwrap();
        assert_eq!(node.verify(&first).await, Err(KeyRefused::Unknown), "forgotten");
        let fourth = node.keys.rotate(&by(&ada), id, Duration::ZERO).await.unwrap();
        for dead in [&second, &third] {
            assert_eq!(node.verify(dead).await, Err(KeyRefused::Unknown), "without grace both end");
        }
        assert_eq!(node.verify(&fourth).await, Ok(()));
        node.keys.revoke(&by(&ada), id).await.unwrap();
        assert_eq!(node.verify(&fourth).await, Err(KeyRefused::Revoked));
        let too_long = node.keys.rotate(&by(&ada), id, HOUR * 25).await;
        assert_eq!(code(too_long), Code::ValidationFailed);
    }

    async fn a_rotation_never_extends_an_expiry(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Member);
        let end = node.clock.now() + HOUR;
        let first = node.make(&ada, |terms| terms.expires_at = Some(Some(end))).await.unwrap();
        let second = node.keys.rotate(&by(&ada), first.key.id, HOUR * 24).await.unwrap();
        assert_eq!((second.key.terms.expires_at, second.key.previous_until), (Some(end), Some(end)));
        node.clock.set(end);
        assert!(node.verify(&first).await.is_err());
        assert_eq!(node.verify(&second).await, Err(KeyRefused::Expired));
        assert_eq!(code(node.keys.rotate(&by(&ada), first.key.id, HOUR).await), Code::Conflict);
    }

    async fn of_rotations_at_once_one_counts(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Member);
        let first = node.key(&ada).await;
        let asker = by(&ada);
        let all = join_all((0..8).map(|_| node.keys.rotate(&asker, first.key.id, HOUR))).await;
        let (won, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 7));
        assert!(lost.into_iter().all(|one| code(one) == Code::Conflict));
        let second = won.into_iter().next().unwrap().unwrap();
        assert_eq!((node.verify(&first).await, node.verify(&second).await), (Ok(()), Ok(())));
    }

    async fn what_is_done_to_keys_is_in_the_audit_log(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Owner);
        let made = node.key(&ada).await;
        let id = made.key.id;
        let change = KeyChange { max_concurrency: Some(Some(3)), ..KeyChange::default() };
        node.keys.change(&by(&ada), id, change).await.unwrap();
        let rotated = node.keys.rotate(&by(&ada), id, HOUR).await.unwrap();
        node.keys.revoke_any(id).await.unwrap();
        let mut tx = node.store.system_read("a test reads the log").await.unwrap();
        let rows: Vec<(String, String, String)> = tx
            .sql("SELECT action, target_id, COALESCE(state_after, '') FROM audit_entries ORDER BY sequence")
            .all()
            .await
            .unwrap();
        let actions: Vec<&str> = rows.iter().map(|(action, ..)| action.as_str()).collect();
        let expected = ["gateway.key_created", "gateway.key_changed", "gateway.key_rotated", "gateway.key_revoked"];
        assert_eq!(actions, expected);
        assert!(rows.iter().all(|(_, target, _)| *target == id.to_string()));
        for (_, _, after) in &rows {
            assert!(!after.contains(made.token.expose()) && !after.contains(rotated.token.expose()));
            assert!(!after.contains("Sample"), "no name: {after}");
        }
    }

    async fn operators_make_keys_for_members_only(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (bob, eve) = (node.somebody(Role::Member), node.somebody(Role::Owner));
        let new = |scope: &str| NewKey {
            environment: Some(crate::Environment::Test),
            terms: KeyChange {
                name: Some("By hand".to_owned()),
                scopes: Some(vec![scope.to_owned()]),
                ..KeyChange::default()
            },
        };
        let made = node.keys.create_for(bob.user_id, bob.org_id, new("model:use")).await.unwrap();
        assert!(made.token.expose().starts_with("qk_test_"));
        assert_eq!(node.verify(&made).await, Ok(()));
        assert_eq!(code(node.keys.create_for(bob.user_id, eve.org_id, new("model:use")).await), Code::NotFound);
        let beyond = node.keys.create_for(bob.user_id, bob.org_id, new("org:write")).await;
        assert_eq!(code(beyond), Code::ValidationFailed, "no more than they may");
        let rotated = node.keys.rotate_any(made.key.id, Duration::ZERO).await.unwrap();
        assert_eq!((node.verify(&made).await, node.verify(&rotated).await), (Err(KeyRefused::Unknown), Ok(())));
        assert_eq!(node.keys.all(None, 10).await.unwrap().len(), 1);
        assert_eq!(node.keys.all(Some(eve.org_id), 10).await.unwrap().len(), 0);
    }
}
