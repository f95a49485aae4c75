use futures::future::join_all;
use quorate_kernel::{Authenticator as _, Role};
use quorate_testkit::on_both_databases;

use super::*;
use crate::IdentityError;
use crate::store::users;

on_both_databases! {
    async fn registering_makes_an_owner_of_a_free_organization(database: TestDatabase) {
        let node = Node::start(&database).await;
        let who = node.register(" Ada@Example.com ").await;
        assert_eq!((who.user.email.as_str(), who.user.name.as_str()), ("ada@example.com", "ada"));
        assert_eq!((who.subscription.plan.as_str(), who.subscription.status.as_str()), ("free", "active"));
        assert_eq!(who.expires_in, 900);
        assert!(!who.user.operator);
        let principal = node.identity.authenticate(&who.access_token).await.unwrap();
        assert_eq!((principal.user_id, principal.role), (who.user.id, Role::Owner));
        let (user, membership) = users::of_principal(&node.identity.store, &principal).await.unwrap().unwrap();
        assert_eq!((user, membership.name.as_str()), (who.user, "ada"));
    }

    async fn an_address_has_one_account_also_in_a_race(database: TestDatabase) {
        let node = Node::start(&database).await;
        let attempts = (0..20).map(|n| {
            let email = if n % 2 == 0 { "ada@example.com" } else { "ADA@example.com" };
            let identity = node.identity.clone();
            tokio::spawn(async move { identity.register(&account(email), None, Origin::default()).await.map(drop) })
        });
        let results: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(IdentityError::EmailTaken))), "{results:?}");
    }

    async fn only_the_right_password_logs_in(database: TestDatabase) {
        let node = Node::start(&database).await;
        let registered = node.register("ada@example.com").await;
        let log_in = async |email: &str, password: &str| node.identity.log_in(email, password, Origin::default()).await;
        let who = log_in("ADA@example.com", PASSWORD).await.unwrap();
        assert_eq!(who.user, registered.user);
        assert_ne!(who.access_token, registered.access_token);
        for (email, password) in [("ada@example.com", "wrong"), ("bob@example.com", PASSWORD), ("", "")] {
            assert!(matches!(log_in(email, password).await, Err(IdentityError::InvalidCredentials)), "{email}");
        }
    }

    async fn a_weak_password_makes_no_account(database: TestDatabase) {
        let node = Node::start(&database).await;
        let weak = NewAccount { password: "password1".into(), ..account("ada@example.com") };
        let refused = node.identity.register(&weak, None, Origin::default()).await;
        assert!(matches!(refused, Err(IdentityError::Fields(fields)) if fields[0].field == "password"));
        assert!(!users::is_taken(&node.identity.store, "ada@example.com").await.unwrap());
    }

    async fn the_first_operators_link_works_once(database: TestDatabase) {
        let node = Node::start(&database).await;
        node.register("bob@example.com").await;
        let first = node.identity.first_operator_link().await.unwrap().unwrap();
        let second = node.identity.first_operator_link().await.unwrap().unwrap();
        let consume = async |token: String, email: &'static str| {
            node.identity.register_first_operator(&token, &account(email), Origin::default()).await
        };
        assert!(matches!(consume("ql_wrong".into(), "x@example.com").await, Err(IdentityError::InvalidLink)));
        // A taken address leaves the link as it was.
        assert!(matches!(consume(first.clone(), "bob@example.com").await, Err(IdentityError::EmailTaken)));
        let attempts = (0..10).map(|n| {
            let (token, identity) = (if n % 2 == 0 { &first } else { &second }.clone(), node.identity.clone());
            tokio::spawn(async move {
                let account = account(&format!("operator{n}@example.com"));
                identity.register_first_operator(&token, &account, Origin::default()).await
            })
        });
        let made: Vec<_> = join_all(attempts).await.into_iter().filter_map(|done| done.unwrap().ok()).collect();
        assert_eq!(made.len(), 1, "one operator, whatever the number of links and attempts");
        assert!(made[0].user.operator);
        assert!(node.identity.authenticate(&made[0].access_token).await.unwrap().operator);
        assert!(node.identity.first_operator_link().await.unwrap().is_none());
        assert!(matches!(consume(second, "y@example.com").await, Err(IdentityError::InvalidLink)));
    }

    async fn the_first_operators_link_expires(database: TestDatabase) {
        let node = Node::start(&database).await;
        let token = node.identity.first_operator_link().await.unwrap().unwrap();
        node.wait(24 * 3600);
        let late = node.identity.register_first_operator(&token, &account("ada@example.com"), Origin::default()).await;
        assert!(matches!(late, Err(IdentityError::InvalidLink)));
        assert!(node.identity.first_operator_link().await.unwrap().is_some());
    }

    async fn the_local_principal_is_made_once_and_cannot_log_in(database: TestDatabase) {
        let node = Node::start(&database).await;
        let many = join_all((0..5).map(|_| node.identity.local_principal())).await;
        let first = many[0].clone().unwrap();
        assert!(many.into_iter().all(|principal| principal.unwrap() == first));
        assert_eq!((first.role, first.operator), (Role::Owner, false));
        for password in ["", PASSWORD] {
            let refused = node.identity.log_in("local@quorate.invalid", password, Origin::default()).await;
            assert!(matches!(refused, Err(IdentityError::InvalidCredentials)));
        }
        let taken_over = node.identity.register(&account("local@quorate.invalid"), None, Origin::default()).await;
        assert!(matches!(taken_over, Err(IdentityError::Fields(_))));
    }
}
