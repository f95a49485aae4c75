//! Profiles, pictures, settings, consents (IDN-8).

use quorate_testkit::on_both_databases;
use reqwest::StatusCode;
use serde_json::json;

use crate::{TestApp, User};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and what follows";

async fn picture(user: &User<'_>, kind: &str, bytes: &'static [u8]) -> u16 {
    let request = user.app.http().put(user.app.url("/api/v1/users/me/avatar")).header("content-type", kind).body(bytes);
    request.bearer_auth(user.token.as_deref().unwrap()).send().await.unwrap().status().as_u16()
}

on_both_databases! {
    async fn a_profile_keeps_what_it_is_told(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let me = ada.get("/api/v1/users/me").await.body;
        assert_eq!(me["settings"], json!({ "data_retention_days": 365, "notify_new_device": true, "notify_product": false }));
        assert_eq!(me["consents"], json!({ "terms_at": null, "privacy_at": null, "marketing_at": null }));
        assert_eq!(me["user"]["time_zone"], "UTC");
        let change = json!({ "name": " Ada L. ", "locale": "es", "time_zone": "Europe/Madrid",
            "settings": { "data_retention_days": 90, "notify_product": true },
            "email": "eve@example.com", "operator": true, "role": "owner", "email_verified": true });
        let changed = ada.patch("/api/v1/users/me", &change).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        let user = &changed.body["user"];
        assert_eq!((&user["name"], &user["locale"], &user["time_zone"]), (&json!("Ada L."), &json!("es"), &json!("Europe/Madrid")));
        assert_eq!(
            (&user["email"], &user["operator"], &user["email_verified"]),
            (&json!("ada@example.com"), &json!(false), &json!(false)),
            "what is nobody's to set stays"
        );
        assert_eq!(changed.body["settings"], json!({ "data_retention_days": 90, "notify_new_device": true, "notify_product": true }));
        assert_eq!(ada.get("/api/v1/users/me").await.body, changed.body);
        let wrong = json!({ "name": "", "locale": "Klingon!", "time_zone": "x y", "settings": { "data_retention_days": 1 } });
        let refused = ada.patch("/api/v1/users/me", &wrong).await;
        assert_eq!(refused.fields(), ["name", "locale", "time_zone", "settings.data_retention_days"]);
        assert_eq!(ada.get("/api/v1/users/me").await.body, changed.body);
    }

    async fn consents_are_stamped_once_and_some_can_be_taken_back(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let consent = async |body| ada.put("/api/v1/users/me/consents", &body).await;
        let given = consent(json!({ "terms": true, "marketing": true })).await.body;
        assert!(given["terms_at"].is_string() && given["marketing_at"].is_string() && given["privacy_at"].is_null());
        let again = consent(json!({ "terms": true, "marketing": false })).await.body;
        assert_eq!((&again["terms_at"], again["marketing_at"].is_null()), (&given["terms_at"], true));
        assert_eq!(consent(json!({ "terms": false })).await.fields(), ["terms"]);
    }

    async fn a_picture_is_a_picture_and_for_people_who_know_each_other(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        for (kind, bytes) in [
            ("image/png", &b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..]),
            ("image/svg+xml", b"<svg/>"),
            ("text/html", PNG),
            ("image/jpeg", PNG),
            ("image/png", b""),
        ] {
            assert_eq!(picture(&ada, kind, bytes).await, 422, "{kind}");
        }
        assert_eq!(picture(&ada, "image/png", PNG).await, 200);
        let url = ada.get("/api/v1/users/me").await.body["user"]["avatar_url"].as_str().unwrap().to_owned();
        let request = app.http().get(app.url(&url)).bearer_auth(ada.token.as_deref().unwrap());
        let response = request.send().await.unwrap();
        assert_eq!((response.status(), &response.headers()["content-type"]), (StatusCode::OK, &"image/png".parse().unwrap()));
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.bytes().await.unwrap(), PNG);
        assert_eq!(eve.get(&url).await.status, 404, "to strangers there is none");
        assert_eq!(app.anonymous().get(&url).await.status, 401);
        assert_eq!(ada.delete("/api/v1/users/me/avatar").await.status, 204);
        assert_eq!(ada.get(&url).await.status, 404);
        assert!(ada.get("/api/v1/users/me").await.body["user"]["avatar_url"].is_null());
    }
}
