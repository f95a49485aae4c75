use quorate_kernel::{Authenticator as _, Code};
use quorate_testkit::on_both_databases;

use super::*;
use crate::IdentityError;
use crate::jwt::{AUDIENCE, Claims};

async fn refusal(node: &Node, token: &str) -> Code {
    node.identity.authenticate(token).await.unwrap_err().code
}

on_both_databases! {
    async fn an_access_token_lives_a_quarter_of_an_hour(database: TestDatabase) {
        let node = Node::start(&database).await;
        let who = node.register("ada@example.com").await;
        node.wait(899);
        assert!(node.identity.authenticate(&who.access_token).await.is_ok());
        node.wait(31);
        assert_eq!(refusal(&node, &who.access_token).await, Code::TokenExpired);
        for bad in ["", "nonsense", "a.b.c", who.refresh_token.expose()] {
            assert_eq!(refusal(&node, bad).await, Code::Unauthenticated);
        }
    }

    async fn a_log_out_holds_here_at_once_and_elsewhere_within_five_seconds(database: TestDatabase) {
        let here = Node::start(&database).await;
        let there = here.beside(&database).await;
        let who = here.register("ada@example.com").await;
        let other = here.identity.log_in("ada@example.com", PASSWORD, Origin::default()).await.unwrap();
        let principal = there.identity.authenticate(&who.access_token).await.unwrap();
        here.identity.log_out(principal.login_session_id).await.unwrap();
        assert_eq!(refusal(&here, &who.access_token).await, Code::Unauthenticated);
        here.wait(5);
        assert_eq!(refusal(&there, &who.access_token).await, Code::Unauthenticated);
        let refreshed = there.identity.refresh(who.refresh_token.expose(), Origin::default()).await;
        assert!(matches!(refreshed, Err(IdentityError::InvalidRefreshToken)));
        assert!(there.identity.authenticate(&other.access_token).await.is_ok(), "another log-in stays");
    }

    async fn a_genuine_signature_does_not_help_foreign_claims(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (ada, bob) = (node.register("ada@example.com").await, node.register("bob@example.com").await);
        let ada_is = node.identity.authenticate(&ada.access_token).await.unwrap();
        let bob_is = node.identity.authenticate(&bob.access_token).await.unwrap();
        let now = node.clock_now();
        let good = Claims {
            iss: "https://board.example.com".into(),
            aud: AUDIENCE.into(),
            sub: ada_is.user_id.0,
            org: ada_is.org_id.0,
            role: "owner".into(),
            sid: ada_is.login_session_id,
            jti: uuid::Uuid::from_u128(0),
            iat: now.timestamp(),
            exp: now.timestamp() + 900,
        };
        let foreign = [
            ("pair", good.clone()),
            ("org", Claims { org: bob_is.org_id.0, ..good.clone() }),
            ("user", Claims { sub: bob_is.user_id.0, ..good.clone() }),
            ("session", Claims { sid: uuid::Uuid::from_u128(0), ..good.clone() }),
            ("issuer", Claims { iss: "https://evil.example".into(), ..good.clone() }),
            ("audience", Claims { aud: "quorate-mail".into(), ..good }),
        ];
        for (what, claims) in foreign {
            let token = node.identity.keys.sign(&claims, now).await.unwrap();
            assert_eq!(refusal(&node, &token).await, Code::Unauthenticated, "{what}");
        }
    }

    async fn nodes_share_a_key_and_follow_its_rotation(database: TestDatabase) {
        let here = Node::start(&database).await;
        let there = here.beside(&database).await;
        let now = here.clock_now();
        let first = here.identity.keys.public(now).await.unwrap();
        assert_eq!(first.len(), 1);
        assert_eq!(there.identity.keys.public(now).await.unwrap(), first);
        let old = here.register("ada@example.com").await;
        here.wait(3);
        here.identity.rotate_signing_key().await.unwrap();
        let new = here.identity.log_in("ada@example.com", PASSWORD, Origin::default()).await.unwrap();
        for token in [&old.access_token, &new.access_token] {
            assert!(here.identity.authenticate(token).await.is_ok());
            assert!(there.identity.authenticate(token).await.is_ok(), "an unknown key is looked up");
        }
        let public = there.identity.keys.public(here.clock_now()).await.unwrap();
        assert_eq!(public.len(), 2);
        assert_eq!(public[1].kid, first[0].kid);
        here.wait(3601);
        let left = here.identity.keys.public(here.clock_now()).await.unwrap();
        assert_eq!(left.len(), 1);
        assert_ne!(left[0].kid, first[0].kid);
    }

    async fn two_nodes_that_start_together_make_one_key(database: TestDatabase) {
        let store = deps(&database).await.store;
        let mut starting = Vec::new();
        for _ in 0..4 {
            starting.push(Identity::start(deps(&database).await));
        }
        let nodes = futures::future::try_join_all(starting).await.unwrap_or_else(|error| panic!("{error}"));
        let now = quorate_kernel::Clock::now(&HeldClock::default());
        let mut kids = Vec::new();
        for node in nodes {
            kids.extend(node.keys.public(now).await.unwrap().into_iter().map(|key| key.kid));
        }
        kids.dedup();
        assert_eq!(kids.len(), 1);
        assert_eq!(crate::store::signing_keys::list(&store).await.unwrap().len(), 1);
    }

    async fn another_master_key_does_not_open_the_signing_keys(database: TestDatabase) {
        Node::start(&database).await;
        let wrong = Deps { master_key: MasterKey::from_bytes([2; 32]), ..deps(&database).await };
        assert!(matches!(Identity::start(wrong).await.map(drop), Err(IdentityError::Sealed(_))));
    }
}
