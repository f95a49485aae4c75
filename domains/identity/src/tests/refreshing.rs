use futures::future::join_all;
use quorate_kernel::{Authenticator as _, Code};
use quorate_testkit::on_both_databases;

use super::*;
use crate::IdentityError;

async fn refresh(node: &Node, token: &SignedIn) -> Result<SignedIn, IdentityError> {
    node.identity.refresh(token.refresh_token.expose(), Origin::default()).await
}

/// The family has ended: neither this pair nor its access token is good for anything.
async fn assert_dead(node: &Node, pair: &SignedIn) {
    assert!(refresh(node, pair).await.is_err());
    let refused = node.identity.authenticate(&pair.access_token).await.unwrap_err();
    assert_eq!(refused.code, Code::Unauthenticated);
}

on_both_databases! {
    async fn each_refresh_gives_the_next_pair(database: TestDatabase) {
        let node = Node::start(&database).await;
        let mut pair = node.register("ada@example.com").await;
        for _ in 0..5 {
            node.wait(900);
            let next = refresh(&node, &pair).await.unwrap();
            assert_ne!(next.refresh_token.expose(), pair.refresh_token.expose());
            assert!(node.identity.authenticate(&next.access_token).await.is_ok());
            pair = next;
        }
        let unknown = node.identity.refresh("qr_unknown", Origin::default()).await;
        assert!(matches!(unknown, Err(IdentityError::InvalidRefreshToken)));
    }

    async fn a_lost_answer_is_replaced_once_while_nothing_of_it_is_used(database: TestDatabase) {
        let node = Node::start(&database).await;
        let first = node.register("ada@example.com").await;
        let lost = refresh(&node, &first).await.unwrap();
        let found = refresh(&node, &first).await.unwrap();
        assert_ne!(found.refresh_token.expose(), lost.refresh_token.expose());
        let withdrawn = node.identity.authenticate(&lost.access_token).await.unwrap_err();
        assert_eq!(withdrawn.code, Code::Unauthenticated, "a withdrawn pair's access token is refused too");
        let next = refresh(&node, &found).await.unwrap();
        assert!(node.identity.authenticate(&next.access_token).await.is_ok());
    }

    async fn a_second_replay_ends_the_family(database: TestDatabase) {
        let node = Node::start(&database).await;
        let first = node.register("ada@example.com").await;
        refresh(&node, &first).await.unwrap();
        let found = refresh(&node, &first).await.unwrap();
        assert!(matches!(refresh(&node, &first).await, Err(IdentityError::RefreshTokenReused)));
        assert_dead(&node, &found).await;
    }

    async fn a_replay_after_the_new_refresh_token_was_used_ends_the_family(database: TestDatabase) {
        let node = Node::start(&database).await;
        let first = node.register("ada@example.com").await;
        let second = refresh(&node, &first).await.unwrap();
        let third = refresh(&node, &second).await.unwrap();
        assert!(matches!(refresh(&node, &first).await, Err(IdentityError::RefreshTokenReused)));
        assert_dead(&node, &third).await;
    }

    async fn a_replay_after_the_new_access_token_was_used_ends_the_family(database: TestDatabase) {
        let node = Node::start(&database).await;
        let first = node.register("ada@example.com").await;
        let second = refresh(&node, &first).await.unwrap();
        node.identity.authenticate(&second.access_token).await.unwrap();
        assert!(matches!(refresh(&node, &first).await, Err(IdentityError::RefreshTokenReused)));
        assert_dead(&node, &second).await;
    }

    async fn a_withdrawn_refresh_token_ends_the_family(database: TestDatabase) {
        let node = Node::start(&database).await;
        let first = node.register("ada@example.com").await;
        let withdrawn = refresh(&node, &first).await.unwrap();
        let found = refresh(&node, &first).await.unwrap();
        assert!(matches!(refresh(&node, &withdrawn).await, Err(IdentityError::RefreshTokenReused)));
        assert_dead(&node, &found).await;
    }

    async fn another_log_in_survives_the_end_of_a_family(database: TestDatabase) {
        let node = Node::start(&database).await;
        let first = node.register("ada@example.com").await;
        let other = node.identity.log_in("ada@example.com", PASSWORD, Origin::default()).await.unwrap();
        let second = refresh(&node, &first).await.unwrap();
        refresh(&node, &second).await.unwrap();
        assert!(refresh(&node, &first).await.is_err());
        assert!(refresh(&node, &other).await.is_ok());
    }

    async fn a_hundred_parallel_refreshes_leave_one_live_family(database: TestDatabase) {
        let node = Node::start(&database).await;
        let first = node.register("ada@example.com").await;
        let attempts = (0..100).map(|n| {
            let (identity, token) = (node.identity.clone(), first.refresh_token.expose().to_owned());
            tokio::spawn(async move {
                // Spread as requests that come over a network are.
                tokio::time::sleep(Duration::from_millis(n / 2)).await;
                identity.refresh(&token, Origin::default()).await
            })
        });
        let pairs: Vec<_> = join_all(attempts).await.into_iter().map(|done| done.unwrap().unwrap()).collect();
        assert!(pairs.iter().all(|pair| pair.refresh_token.expose() == pairs[0].refresh_token.expose()));
        assert!(node.identity.authenticate(&pairs[0].access_token).await.is_ok());
        assert!(refresh(&node, &pairs[0]).await.is_ok());
    }

    async fn parallel_refreshes_on_two_nodes_never_leave_two_chains(database: TestDatabase) {
        let here = Node::start(&database).await;
        let there = here.beside(&database).await;
        for round in 0..10 {
            let first = here.register(&format!("ada{round}@example.com")).await;
            let (one, two) = tokio::join!(refresh(&here, &first), refresh(&there, &first));
            let pairs: Vec<SignedIn> = [one, two].into_iter().flatten().collect();
            let mut live = 0;
            for pair in &pairs {
                live += usize::from(here.identity.authenticate(&pair.access_token).await.is_ok());
            }
            assert_eq!(live, 1, "of {} answers", pairs.len());
        }
    }

    async fn time_ends_tokens_and_families(database: TestDatabase) {
        let node = Node::start(&database).await;
        let day = 24 * 3600;
        let idle = node.register("ada@example.com").await;
        let mut busy = node.register("bob@example.com").await;
        node.wait(7 * day);
        assert!(matches!(refresh(&node, &idle).await, Err(IdentityError::InvalidRefreshToken)));
        busy = node.identity.log_in(&busy.user.email, PASSWORD, Origin::default()).await.unwrap();
        for _ in 0..4 {
            node.wait(6 * day);
            busy = refresh(&node, &busy).await.unwrap();
        }
        assert!(busy.refresh_expires_in <= 6 * i64::try_from(day).unwrap(), "a family lives thirty days at most");
        node.wait(6 * day);
        assert!(matches!(refresh(&node, &busy).await, Err(IdentityError::InvalidRefreshToken)));
    }
}
