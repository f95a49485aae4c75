use quorate_kernel::{Ids as _, SystemIds};
use quorate_testkit::on_both_databases;

use super::{broken, log, person, promotion, started, store, tamper};
use crate::{Actor, Entry, Fault, Filter, Origin};

fn failed(user: quorate_kernel::UserId) -> Entry {
    Entry::new("identity.login_failed", Actor::Anonymous).on_user(user).from(Origin {
        ip: Some("192.0.2.8".into()),
        user_agent: Some("Other/2.0".into()),
        request_id: None,
    })
}

on_both_databases! {
    async fn a_person_who_is_taken_out_leaves_a_log_that_verifies(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        let (ada, bob) = (person(), person());
        for entry in [promotion(ada, bob), promotion(bob, ada), failed(ada), started(), promotion(bob, bob)] {
            log.record(&store, entry).await.unwrap();
        }
        let mut tx = store.system("a test erases a person").await.unwrap();
        assert_eq!(log.detach(&mut tx, ada, Actor::User(ada)).await.unwrap(), 3);
        tx.commit().await.unwrap();
        assert_eq!(broken(&log, &store).await, None);
        let mut lines = Vec::new();
        log.export(&store, &Filter::default(), &mut lines).await.unwrap();
        let text = String::from_utf8(lines).unwrap();
        assert!(!text.contains(&ada.to_string()), "{text}");
        assert!(!text.contains("192.0.2.8") && !text.contains("Other/2.0"), "an attempt to be this person is theirs");
        let found = log.list(&store, &Filter::default(), &Default::default()).await.unwrap().data;
        let at = |sequence: i64| found.iter().find(|entry| entry.sequence == sequence).unwrap();
        // What was done stays, and so does everybody else.
        assert_eq!(at(1).target_id, Some(bob.to_string()));
        assert_eq!((at(1).ip.as_deref(), at(1).detached), (None, true));
        assert_eq!(at(2).actor_user_id, Some(bob.to_string()));
        assert_eq!((at(2).ip.as_deref(), at(2).target_id.as_deref()), (Some("192.0.2.7"), None));
        assert_eq!(at(2).after, Some(serde_json::json!({ "role": "admin" })));
        assert!(!at(5).detached);
        assert_eq!((at(6).action.as_str(), at(6).actor_user_id.as_deref()), ("audit.person_detached", None));
        // Once more finds nobody, and harms nothing.
        let mut tx = store.system("a test erases a person").await.unwrap();
        assert_eq!(log.detach(&mut tx, ada, Actor::Operator(bob)).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(broken(&log, &store).await, None);
        // The other of the two can go later.
        let mut tx = store.system("a test erases a person").await.unwrap();
        log.detach(&mut tx, bob, Actor::System).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(broken(&log, &store).await, None);
    }

    async fn a_detached_entry_that_is_edited_does_not_verify(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        let ada = person();
        for _ in 0..3 {
            log.record(&store, promotion(ada, person())).await.unwrap();
        }
        let mut tx = store.system("a test erases a person").await.unwrap();
        log.detach(&mut tx, ada, Actor::System).await.unwrap();
        tx.commit().await.unwrap();
        tamper(&store, "UPDATE audit_entries SET action = 'identity.nothing' WHERE sequence = 2").await;
        assert_eq!(broken(&log, &store).await, Some((2, Fault::Edited)));
        tamper(&store, "UPDATE audit_entries SET action = 'identity.role_changed' WHERE sequence = 2").await;
        assert_eq!(broken(&log, &store).await, None);
        tamper(&store, "UPDATE audit_entries SET ip = '192.0.2.9' WHERE sequence = 2").await;
        assert_eq!(broken(&log, &store).await, Some((2, Fault::PersonalPartEdited)));
        tamper(&store, "UPDATE audit_entries SET ip = NULL WHERE sequence = 2").await;
        // The seal of the entry beside it does not excuse this one.
        tamper(
            &store,
            "UPDATE audit_entries SET actor_detached = (SELECT e.actor_detached FROM audit_entries e WHERE e.sequence = 1) \
             WHERE sequence = 2",
        )
        .await;
        assert_eq!(broken(&log, &store).await, Some((2, Fault::DetachedWithoutKey)));
    }

    async fn many_entries_of_one_person_are_detached(database: TestDatabase) {
        let store = store(&database).await;
        let log = log();
        let ada = person();
        let mut tx = store.system("a test fills the log").await.unwrap();
        for _ in 0..450 {
            log.append(&mut tx, Entry::new("board.session_created", Actor::User(ada)).on("session", SystemIds.uuid())).await.unwrap();
        }
        assert_eq!(log.detach(&mut tx, ada, Actor::CommandLine).await.unwrap(), 450);
        tx.commit().await.unwrap();
        assert_eq!(broken(&log, &store).await, None);
        let filter = Filter { user: Some(ada), ..Filter::default() };
        assert!(log.list(&store, &filter, &Default::default()).await.unwrap().data.is_empty());
    }
}
