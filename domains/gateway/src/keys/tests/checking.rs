use quorate_kernel::{Clock as _, Permission};
use quorate_testkit::on_both_databases;

use super::*;

on_both_databases! {
    async fn a_key_is_taken_and_nothing_else_is(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Owner);
        let (made, other) = (node.key(&ada).await, node.key(&ada).await);
        let key = node.keys.verify(made.token.expose(), None).await.unwrap();
        assert_eq!((key.grant.id, key.principal().user_id, key.principal().org_id), (made.key.id, ada.user_id, ada.org_id));
        assert!(key.principal().allows(Permission::ModelUse) && !key.principal().allows(Permission::OrgRead));
        // A whole token of this id whose secret is another's: the checksum is right, the secret is not.
        let forged = crate::NewToken::new(made.key.environment, made.key.id, &SystemIds);
        let nobodys = crate::NewToken::new(made.key.environment, SystemIds.uuid(), &SystemIds);
        let token = made.token.expose();
        for (text, why) in [
            (forged.expose(), KeyRefused::Unknown),
            (nobodys.expose(), KeyRefused::Unknown),
            (&token[..token.len() - 1], KeyRefused::Malformed),
            (&token.replace("qk_live", "qk_test"), KeyRefused::Malformed),
            ("qk_live_' OR '1'='1", KeyRefused::Malformed),
            ("", KeyRefused::Malformed),
        ] {
            assert_eq!(node.keys.verify(text, None).await, Err(why), "{text}");
        }
        assert!(node.verify(&other).await.is_ok());
    }

    async fn the_database_holds_no_token(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Owner);
        let made = node.key(&ada).await;
        let mut tx = node.store.system_read("a test looks at the row").await.unwrap();
        let (hash, last_four): (String, String) =
            tx.sql("SELECT hash, last_four FROM gateway_keys").one().await.unwrap();
        assert_eq!(hash.len(), 64);
        assert!(!made.token.expose().contains(&hash) && made.token.expose().ends_with(&last_four));
        drop(tx);
        // Under another master key nothing is taken.
        let members: Arc<dyn Members> = node.people.clone();
        let audit = AuditLog::new([1; 32], node.clock.clone(), Arc::new(SystemIds));
        let stranger = MasterKey::from_bytes([8; 32]);
        let keys = Keys::new(node.store.clone(), audit, members, node.clock.clone(), Arc::new(SystemIds), &stranger);
        assert_eq!(keys.verify(made.token.expose(), None).await, Err(KeyRefused::Unknown));
    }

    async fn a_key_ends_at_its_time_and_where_its_networks_end(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Owner);
        let end = node.clock.now() + Duration::from_secs(60);
        let made = node
            .make(&ada, |terms| {
                terms.expires_at = Some(Some(end));
                terms.allowed_ips = Some(vec!["192.0.2.0/24".to_owned()]);
            })
            .await
            .unwrap();
        let from = async |ip: &str| node.keys.verify(made.token.expose(), Some(ip.parse().unwrap())).await.map(drop);
        let handle = node.keys.watch();
        node.watched().await;
        for _ in 0..2 {
            assert_eq!(from("192.0.2.9").await, Ok(()));
            assert_eq!(from("192.0.3.9").await, Err(KeyRefused::Elsewhere));
            assert_eq!(node.verify(&made).await, Err(KeyRefused::Elsewhere), "nobody knows from where");
        }
        node.clock.set(end);
        assert_eq!(from("192.0.2.9").await, Err(KeyRefused::Expired));
        node.watched().await;
        assert_eq!(from("192.0.2.9").await, Err(KeyRefused::Expired));
        handle.drain(Duration::from_secs(5)).await;
    }

    async fn what_is_known_needs_no_database_and_is_not_believed_for_long_without(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Owner);
        let (known, unknown) = (node.key(&ada).await, node.key(&ada).await);
        let handle = node.keys.watch();
        node.watched().await;
        node.verify(&known).await.unwrap();
        node.store.close().await;
        for _ in 0..100 {
            assert_eq!(node.verify(&known).await, Ok(()));
        }
        assert!(matches!(node.verify(&unknown).await, Err(KeyRefused::Unavailable(_))));
        let problem = Problem::from(node.verify(&unknown).await.unwrap_err());
        assert_eq!((problem.code, problem.retry_after), (Code::Unavailable, Some(5)));
        assert!(!problem.message.contains("pool"), "{}", problem.message);
        node.clock.advance(Duration::from_millis(5_001));
        assert!(matches!(node.verify(&known).await, Err(KeyRefused::Unavailable(_))), "fails closed");
        drop(handle);
    }

    async fn what_nobody_watches_is_looked_up_each_time(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Owner);
        let made = node.key(&ada).await;
        assert_eq!(node.verify(&made).await, Ok(()));
        let mut tx = node.store.system("a test edits the row").await.unwrap();
        tx.sql("UPDATE gateway_keys SET revoked_at = 1").execute().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(node.verify(&made).await, Err(KeyRefused::Revoked));
        let mut tx = node.store.system("a test breaks the row").await.unwrap();
        tx.sql("UPDATE gateway_keys SET allowed_ips = '[\"nowhere\"]'").execute().await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(node.verify(&made).await, Err(KeyRefused::Unavailable(_))), "a broken list opens nothing");
    }

    async fn uses_are_noted_at_most_once_a_minute(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Owner);
        let made = node.key(&ada).await;
        let last = async || node.keys.any(made.key.id).await.unwrap().last_used_at;
        assert_eq!(last().await, None);
        let handle = node.keys.watch();
        node.watched().await;
        node.verify(&made).await.unwrap();
        let first = node.clock.now();
        until(async || last().await == Some(first)).await;
        node.clock.advance(Duration::from_secs(30));
        node.watched().await;
        node.verify(&made).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert_eq!(last().await, Some(first), "the minute is not over");
        handle.drain(Duration::from_secs(5)).await;
        assert_eq!(last().await, Some(first + Duration::from_secs(30)), "at the end everything is written down");
    }
}
