use quorate_kernel::Permission;
use quorate_testkit::on_both_databases;

use super::*;

on_both_databases! {
    async fn what_is_revoked_on_one_node_is_refused_on_all(database: TestDatabase) {
        let here = Node::start(&database).await;
        let there = here.beside(&database).await;
        let ada = here.somebody(Role::Owner);
        let (made, kept) = (here.key(&ada).await, here.key(&ada).await);
        let handles = [here.keys.watch(), there.keys.watch()];
        for node in [&here, &there] {
            node.watched().await;
            node.verify(&made).await.unwrap();
            node.verify(&kept).await.unwrap();
        }
        here.keys.revoke(&by(&ada), made.key.id).await.unwrap();
        assert_eq!(here.verify(&made).await, Err(KeyRefused::Revoked), "at once where it was done");
        until(async || there.verify(&made).await == Err(KeyRefused::Revoked)).await;
        assert_eq!(there.verify(&kept).await, Ok(()), "and nothing else");
        drop(handles);
    }

    async fn a_change_reaches_all_nodes(database: TestDatabase) {
        let here = Node::start(&database).await;
        let there = here.beside(&database).await;
        let ada = here.somebody(Role::Owner);
        let made = here.key(&ada).await;
        let handle = there.keys.watch();
        there.watched().await;
        let may = async || {
            let key = there.keys.verify(made.token.expose(), None).await.unwrap();
            (key.principal().allows(Permission::ModelUse), key.grant.may_ask("default"))
        };
        assert_eq!(may().await, (true, true));
        let change = KeyChange {
            scopes: Some(vec!["model:read".to_owned()]),
            models: Some(vec!["fast*".to_owned()]),
            ..KeyChange::default()
        };
        here.keys.change(&by(&ada), made.key.id, change).await.unwrap();
        until(async || may().await == (false, false)).await;
        drop(handle);
    }

    async fn a_key_loses_what_its_owner_loses(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.somebody(Role::Admin);
        let made = node
            .make(&ada, |terms| terms.scopes = Some(vec!["org:write".to_owned(), "org:read".to_owned()]))
            .await
            .unwrap();
        let handle = node.keys.watch();
        node.watched().await;
        let may = async |permission| {
            let key = node.keys.verify(made.token.expose(), None).await.unwrap();
            key.principal().allows(permission)
        };
        assert!(may(Permission::OrgWrite).await && may(Permission::OrgRead).await);
        node.people.set(&ada, Some(Standing { role: Role::Member, suspended: false }));
        until(async || !may(Permission::OrgWrite).await).await;
        assert!(may(Permission::OrgRead).await);
        node.people.set(&ada, Some(Standing { role: Role::Member, suspended: true }));
        until(async || node.verify(&made).await == Err(KeyRefused::OwnerSuspended)).await;
        node.people.set(&ada, None);
        until(async || node.verify(&made).await == Err(KeyRefused::OwnerGone)).await;
        node.people.set(&ada, Some(Standing { role: Role::Owner, suspended: false }));
        until(async || node.verify(&made).await.is_ok()).await;
        assert!(may(Permission::OrgWrite).await);
        drop(handle);
    }

    async fn an_organization_that_is_gone_takes_its_keys_along(database: TestDatabase) {
        let node = Node::start(&database).await;
        let (ada, eve) = (node.somebody(Role::Owner), node.somebody(Role::Owner));
        let (made, other) = (node.key(&ada).await, node.key(&eve).await);
        node.keys.forget_organization(ada.org_id).await.unwrap();
        node.keys.forget_organization(ada.org_id).await.unwrap();
        assert_eq!(node.verify(&made).await, Err(KeyRefused::Unknown));
        assert_eq!(node.verify(&other).await, Ok(()));
    }
}
