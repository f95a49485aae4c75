//! Organizations, members, invitations, operators, and the attacks on them (IDN-20, IDN-22).

use futures::future::join_all;
use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use crate::board::quick;
use crate::{Reply, TestApp, User};

const PASSWORD: &str = "seven green umbrellas";

async fn org_of(user: &User<'_>) -> String {
    user.get("/api/v1/users/me").await.body["organization"]["id"].as_str().unwrap().to_owned()
}

async fn id_of(user: &User<'_>) -> String {
    user.get("/api/v1/users/me").await.body["user"]["id"].as_str().unwrap().to_owned()
}

/// The token of the newest invitation that was sent to the address.
async fn invitation(app: &TestApp, email: &str, count: usize) -> String {
    let mail = app.mail(email, "invitation", count).await;
    mail.text.split_once("token=").unwrap().1.split_whitespace().next().unwrap().to_owned()
}

/// Invites, accepts and switches: the user acts in the organization with the role afterwards.
pub(crate) async fn join<'a>(owner: &User<'a>, user: &mut User<'a>, email: &str, role: &str) {
    let org = org_of(owner).await;
    let sent = owner.app.mails(email, "invitation").await.len();
    let body = json!({ "email": email, "role": role });
    let made = owner.post(&format!("/api/v1/orgs/{org}/invitations"), &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let token = invitation(owner.app, email, sent + 1).await;
    let joined = user.post("/api/v1/orgs/invitations/accept", &json!({ "token": token })).await;
    assert_eq!(joined.status, 200, "{}", joined.body);
    switch(user, &org).await;
}

async fn switch(user: &mut User<'_>, org: &str) {
    let switched = user.post(&format!("/api/v1/orgs/{org}/switch"), &json!({})).await;
    assert_eq!(switched.status, 200, "{}", switched.body);
    user.token = Some(switched.body["access_token"].as_str().unwrap().to_owned());
}

async fn set_role(by: &User<'_>, org: &str, user: &str, role: &str) -> Reply {
    by.patch(&format!("/api/v1/orgs/{org}/members/{user}"), &json!({ "role": role })).await
}

async fn roles(by: &User<'_>, org: &str) -> Vec<(String, String)> {
    let members = by.get(&format!("/api/v1/orgs/{org}/members")).await.body;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut roles: Vec<_> = members["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (text(&member["email"]), text(&member["role"])))
        .collect();
    roles.sort();
    roles
}

on_both_databases! {
    async fn a_team_from_invitation_to_transfer(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let mut bob = app.user("bob@example.com").await;
        let org = org_of(&ada).await;
        let renamed = ada.patch(&format!("/api/v1/orgs/{org}"), &json!({ "name": "Lamp works" })).await;
        assert_eq!((renamed.status.as_u16(), &renamed.body["name"]), (200, &json!("Lamp works")), "{}", renamed.body);
        join(&ada, &mut bob, "bob@example.com", "member").await;
        assert_eq!(bob.get("/api/v1/users/me").await.body["user"]["email_verified"], true, "the link came by mail");
        assert_eq!(roles(&bob, &org).await, [("ada@example.com".into(), "owner".into()), ("bob@example.com".into(), "member".into())]);
        let mine = bob.get("/api/v1/orgs").await.body;
        assert_eq!(mine["data"].as_array().unwrap().len(), 2);
        assert!(mine["data"].as_array().unwrap().iter().any(|one| one["acting"] == true && one["id"] == json!(org) && one["plan"] == "free"));
        // They work on the same boards now.
        let session = ada.session(&quick()).await;
        assert_eq!(bob.get(&format!("/api/v1/sessions/{session}")).await.status, 200);

        let again = ada.post(&format!("/api/v1/orgs/{org}/invitations"), &json!({ "email": "BOB@example.com", "role": "member" })).await;
        assert_eq!(again.code(), "ALREADY_MEMBER");
        let given = ada.post(&format!("/api/v1/orgs/{org}/transfer"), &json!({ "user_id": id_of(&bob).await, "password": PASSWORD })).await;
        assert_eq!(given.status, 200, "{}", given.body);
        assert_eq!(roles(&bob, &org).await, [("ada@example.com".into(), "admin".into()), ("bob@example.com".into(), "owner".into())]);
        assert_eq!(ada.post(&format!("/api/v1/orgs/{org}/transfer"), &json!({ "user_id": id_of(&ada).await })).await.code(), "FORBIDDEN", "the role is the one of now");
    }

    async fn nobody_gives_themselves_or_others_more_than_is_theirs(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let (mut adam, mut mia) = (app.user("adam@example.com").await, app.user("mia@example.com").await);
        let org = org_of(&ada).await;
        join(&ada, &mut adam, "adam@example.com", "admin").await;
        join(&ada, &mut mia, "mia@example.com", "member").await;
        let (ada_id, adam_id, mia_id) = (id_of(&ada).await, id_of(&adam).await, id_of(&mia).await);
        let before = roles(&ada, &org).await;
        for (by, user, role) in [(&mia, &mia_id, "owner"), (&mia, &mia_id, "admin"), (&mia, &ada_id, "member"), (&adam, &adam_id, "owner"),
            (&adam, &mia_id, "owner"), (&adam, &ada_id, "member"), (&adam, &ada_id, "admin")] {
            let refused = set_role(by, &org, user, role).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (403, "FORBIDDEN"), "{user} {role}: {}", refused.body);
        }
        for (by, body) in [(&mia, json!({ "email": "eve@example.com", "role": "member" })), (&adam, json!({ "email": "eve@example.com", "role": "owner" }))] {
            assert_eq!(by.post(&format!("/api/v1/orgs/{org}/invitations"), &body).await.code(), "FORBIDDEN");
        }
        assert_eq!(adam.delete(&format!("/api/v1/orgs/{org}/members/{ada_id}")).await.code(), "FORBIDDEN");
        assert_eq!(mia.delete(&format!("/api/v1/orgs/{org}/members/{adam_id}")).await.code(), "FORBIDDEN");
        let deletion = json!({ "confirm": "ada" });
        assert_eq!(adam.send(reqwest::Method::DELETE, &format!("/api/v1/orgs/{org}"), Some(deletion.to_string())).await.code(), "FORBIDDEN");
        assert_eq!(set_role(&ada, &org, &mia_id, "emperor").await.status, 422);
        assert_eq!(roles(&ada, &org).await, before, "nothing has changed");

        assert_eq!(set_role(&ada, &org, &ada_id, "member").await.code(), "LAST_OWNER");
        assert_eq!(ada.post(&format!("/api/v1/orgs/{org}/leave"), &json!({})).await.code(), "LAST_OWNER");
        assert_eq!(set_role(&adam, &org, &mia_id, "admin").await.status, 200, "an administrator may make another");
        assert_eq!(set_role(&ada, &org, &adam_id, "member").await.status, 200);
        assert_eq!(set_role(&adam, &org, &mia_id, "member").await.code(), "FORBIDDEN", "a role that was taken is gone at once");
    }

    async fn an_invitation_is_for_its_address_and_for_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let org = org_of(&ada).await;
        let invite = async |email: &str| ada.post(&format!("/api/v1/orgs/{org}/invitations"), &json!({ "email": email, "role": "member" })).await;
        let made = invite("Bob@Example.com").await;
        assert_eq!(made.status, 201, "{}", made.body);
        let first = invitation(&app, "bob@example.com", 1).await;
        let look = async |token: &str| app.anonymous().post("/api/v1/auth/invitations/look", &json!({ "token": token })).await;
        let seen = look(&first).await;
        assert_eq!((&seen.body["email"], &seen.body["role"], &seen.body["organization"]["name"]), (&json!("bob@example.com"), &json!("member"), &json!("ada")));
        let stolen = eve.post("/api/v1/orgs/invitations/accept", &json!({ "token": first })).await;
        assert_eq!(stolen.code(), "INVITATION_FOR_OTHER_ADDRESS");
        assert_eq!(stolen.body["error"]["params"]["email"], "b…@example.com", "and tells little");
        let registering = json!({ "email": "eve2@example.com", "password": PASSWORD, "invitation": first });
        assert_eq!(app.anonymous().post("/api/v1/auth/register", &registering).await.code(), "INVITATION_FOR_OTHER_ADDRESS");

        // Sent again: the old link dies, the new one works for whoever registers with it.
        let path = format!("/api/v1/orgs/{org}/invitations/{}", made.body["id"].as_str().unwrap());
        assert_eq!(ada.post(&format!("{path}/resend"), &json!({})).await.code(), "RATE_LIMITED", "it was sent just now");
        let mut tx = app.composed().store.system("a test lets time pass").await.unwrap();
        tx.sql("UPDATE identity_invitations SET sent_at = sent_at - 3600000").execute().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ada.post(&format!("{path}/resend"), &json!({})).await.status, 202);
        let second = invitation(&app, "bob@example.com", 2).await;
        assert_eq!(look(&first).await.code(), "INVALID_LINK");
        let body = json!({ "email": "bob@example.com", "password": PASSWORD, "invitation": second });
        let replies = join_all((0..5).map(|_| async { app.anonymous().post("/api/v1/auth/register", &body).await })).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        let bob = replies.iter().find(|reply| reply.status == 201).unwrap();
        assert_eq!(bob.body["user"]["email_verified"], true);
        assert_eq!(roles(&ada, &org).await.len(), 2);
        assert_eq!(look(&second).await.code(), "INVALID_LINK");

        let revoked = invite("carl@example.com").await;
        let token = invitation(&app, "carl@example.com", 1).await;
        let path = format!("/api/v1/orgs/{org}/invitations/{}", revoked.body["id"].as_str().unwrap());
        assert_eq!(eve.delete(&path).await.status, 404, "another tenant's does not exist");
        assert_eq!(ada.delete(&path).await.status, 204);
        assert_eq!(look(&token).await.code(), "INVALID_LINK");
        let listed = ada.get(&format!("/api/v1/orgs/{org}/invitations")).await.body;
        let mut statuses: Vec<&str> = listed["data"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, ["accepted", "revoked"]);
    }

    async fn of_two_owners_who_leave_at_once_one_stays(database: TestDatabase) {
        let app = TestApp::start(database).await;
        for n in 0..5 {
            let (one, two) = (format!("one{n}@example.com"), format!("two{n}@example.com"));
            let ada = app.user(&one).await;
            let mut bob = app.user(&two).await;
            let team = ada.post("/api/v1/orgs", &json!({ "name": "Team" })).await.body["id"].as_str().unwrap().to_owned();
            let mut ada = ada;
            switch(&mut ada, &team).await;
            join(&ada, &mut bob, &two, "member").await;
            assert_eq!(set_role(&ada, &team, &id_of(&bob).await, "owner").await.status, 200);
            let path = format!("/api/v1/orgs/{team}/leave");
            let nothing = json!({});
            let (a, b) = futures::join!(ada.post(&path, &nothing), bob.post(&path, &nothing));
            let mut statuses = [a.status.as_u16(), b.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [204, 409], "{} {}", a.body, b.body);
        }
    }

    async fn whoever_was_removed_is_out_and_a_foreign_organization_is_not_there(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let mut bob = app.user("bob@example.com").await;
        let (org, own) = (org_of(&ada).await, org_of(&bob).await);
        let session = ada.session(&quick()).await;
        assert_eq!(bob.post(&format!("/api/v1/orgs/{org}/switch"), &json!({})).await.status, 404);
        join(&ada, &mut bob, "bob@example.com", "member").await;
        assert_eq!(bob.get(&format!("/api/v1/sessions/{session}")).await.status, 200);
        assert_eq!(ada.delete(&format!("/api/v1/orgs/{org}/members/{}", id_of(&bob).await)).await.status, 204);
        assert_ne!(bob.get(&format!("/api/v1/sessions/{session}")).await.status, 200, "at once");
        let back = app.anonymous().post("/api/v1/auth/login", &json!({ "email": "bob@example.com", "password": PASSWORD })).await;
        let bob = User { app: &app, token: Some(back.body["access_token"].as_str().unwrap().to_owned()) };
        assert_eq!(org_of(&bob).await, own, "their own is still theirs");
        assert_eq!(bob.get(&format!("/api/v1/sessions/{session}")).await.status, 404);
        assert_eq!(bob.post(&format!("/api/v1/orgs/{org}/switch"), &json!({})).await.status, 404);
        assert_eq!(bob.post(&format!("/api/v1/orgs/{own}/leave"), &json!({})).await.status, 409, "the last one stays");
    }

    async fn a_deleted_organization_takes_everything_with_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let mut ada = app.user("ada@example.com").await;
        let home = org_of(&ada).await;
        let team = ada.post("/api/v1/orgs", &json!({ "name": "Team" })).await.body["id"].as_str().unwrap().to_owned();
        switch(&mut ada, &team).await;
        ada.deliberate(&quick()).await;
        let delete = async |user: &User<'_>, org: &str, confirm: &str| {
            user.send(reqwest::Method::DELETE, &format!("/api/v1/orgs/{org}"), Some(json!({ "confirm": confirm }).to_string())).await
        };
        assert_eq!(delete(&ada, &team, "Taem").await.fields(), ["confirm"]);
        let gone = delete(&ada, &team, "Team").await;
        assert_eq!(gone.status, 204, "{}", gone.body);
        let store = &app.composed().store;
        for _ in 0..200 {
            let mut tx = store.system_read("a test looks for what is left").await.unwrap();
            let mut left = 0;
            for statement in [
                "SELECT COUNT(*) FROM board_sessions WHERE org_id = $1",
                "SELECT COUNT(*) FROM board_events WHERE org_id = $1",
                "SELECT COUNT(*) FROM board_reports WHERE org_id = $1",
                "SELECT COUNT(*) FROM identity_memberships WHERE org_id = $1",
            ] {
                let count: i64 = tx.sql(statement).bind(team.clone()).scalar().await.unwrap();
                left += count;
            }
            drop(tx);
            if left == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let mut tx = store.system_read("a test looks for what is left").await.unwrap();
        let left: i64 = tx.sql("SELECT COUNT(*) FROM board_sessions WHERE org_id = $1").bind(team.clone()).scalar().await.unwrap();
        assert_eq!(left, 0);
        drop(tx);
        let back = app.anonymous().post("/api/v1/auth/login", &json!({ "email": "ada@example.com", "password": PASSWORD })).await;
        let ada = User { app: &app, token: Some(back.body["access_token"].as_str().unwrap().to_owned()) };
        assert_eq!(org_of(&ada).await, home);
        assert_eq!(delete(&ada, &home, "ada").await.status, 409, "nobody is left without one");
    }

    async fn log_ins_are_listed_and_ended_by_their_owner(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let other = app.anonymous().post("/api/v1/auth/login", &json!({ "email": "ada@example.com", "password": PASSWORD })).await;
        let other = User { app: &app, token: Some(other.body["access_token"].as_str().unwrap().to_owned()) };
        let list = ada.get("/api/v1/users/me/login-sessions").await.body["data"].clone();
        assert_eq!(list.as_array().unwrap().len(), 2);
        let foreign = list.as_array().unwrap().iter().find(|one| one["current"] == false).unwrap();
        let path = format!("/api/v1/users/me/login-sessions/{}", foreign["id"].as_str().unwrap());
        assert_eq!(eve.delete(&path).await.status, 404);
        assert_eq!(ada.delete(&path).await.status, 204);
        assert_eq!(other.get("/api/v1/users/me").await.status, 401);
        assert_eq!(ada.post("/api/v1/auth/logout-all", &json!({})).await.status, 204);
        assert_eq!(ada.get("/api/v1/users/me").await.status, 401);
    }
}
