use quorate_testkit::on_both_databases;
use serde_json::json;

use super::super::quick;
use super::{BOMB, PRINTED, field, form};
use crate::TestApp;

on_both_databases! {
    async fn another_tenants_files_do_not_exist(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let (hers, own) = (ada.session(&quick()).await, eve.session(&quick()).await);
        let file = ada.attach(&hers, "secret.txt", b"The offer is 3.2 million.").await;
        let file = file["id"].as_str().unwrap();
        let list = format!("/api/v1/sessions/{hers}/attachments");
        // Also by way of a session of her own.
        let through = format!("/api/v1/sessions/{own}/attachments/{file}");
        for reply in [
            eve.get(&list).await,
            eve.upload(&hers, "eve.txt", b"Vote yes.").await,
            eve.get(&format!("{list}/{file}")).await,
            eve.delete(&format!("{list}/{file}")).await,
            eve.get(&through).await,
            eve.delete(&through).await,
        ] {
            assert_eq!((reply.status.as_u16(), reply.code()), (404, "NOT_FOUND"), "{}", reply.body);
            assert!(!reply.body.to_string().contains("secret"));
        }
        // Nor by way of another session of the same tenant.
        let other = ada.session(&quick()).await;
        assert_eq!(ada.get(&format!("/api/v1/sessions/{other}/attachments/{file}")).await.status, 404);
        assert_eq!(ada.delete(&format!("/api/v1/sessions/{other}/attachments/{file}")).await.status, 404);
        assert_eq!(ada.attached(&hers).await.len(), 1);
        assert_eq!(eve.attached(&own).await.len(), 0);
        for reply in [app.anonymous().get(&list).await, app.anonymous().upload(&hers, "x.txt", b"x").await] {
            assert_eq!(reply.status, 401, "{}", reply.body);
        }
    }

    async fn what_is_no_document_is_refused_and_nothing_is_kept(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        let damaged = &PRINTED[..2_000];
        let nested = [b"%PDF-1.7\n1 0 obj ".as_slice(), "[".repeat(2_000_000).as_bytes()].concat();
        let locked = [PRINTED, b"\ntrailer << /Encrypt 9 0 R >>"].concat();
        let files: [(&str, &[u8], u16, &str); 13] = [
            ("page.txt", b"<!DOCTYPE html><script>alert(1)</script>", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("page.md", b"\xef\xbb\xbf\n <HTML><body onload=alert(1)>", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("both.pdf", b"<script>/*%PDF-1.7*/alert(1)</script>", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("drawing.txt", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("photo.pdf", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("tool.txt", b"\x7fELF\x02\x01\x01\0\0\0", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("archive.docx", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("bomb.docx", BOMB, 422, "VALIDATION_FAILED"),
            ("cut.docx", b"PK\x03\x04cut off", 422, "VALIDATION_FAILED"),
            ("damaged.pdf", damaged, 422, "VALIDATION_FAILED"),
            ("nested.pdf", &nested, 422, "VALIDATION_FAILED"),
            ("locked.pdf", &locked, 422, "VALIDATION_FAILED"),
            ("empty.txt", b"", 422, "VALIDATION_FAILED"),
        ];
        for (name, content, status, code) in files {
            let reply = ada.upload(&id, name, content).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{name}: {}", reply.body);
            if status == 422 {
                assert_eq!(reply.fields(), ["file"], "{name}");
            }
        }
        assert_eq!(ada.attached(&id).await, [] as [serde_json::Value; 0]);
        assert_eq!(app.anonymous().get("/api/health").await.status, 200, "the server is up");
    }

    async fn a_form_that_is_none_is_told_so(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        let one = field("file", Some("a.txt"), b"Some words.");
        for (body, status, code) in [
            (form(&[]), 422, "VALIDATION_FAILED"),
            (form(&[field("file", None, b"words")]), 422, "VALIDATION_FAILED"),
            (form(&[field("other", Some("a.txt"), b"words")]), 422, "VALIDATION_FAILED"),
            (form(&[one.clone(), one.clone()]), 422, "VALIDATION_FAILED"),
            (one, 400, "INVALID_BODY"),
            (b"nonsense".to_vec(), 400, "INVALID_BODY"),
        ] {
            let reply = ada.send_form(&id, body, None).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{}", reply.body);
        }
        let reply = ada.post(&format!("/api/v1/sessions/{id}/attachments"), &json!({ "file": "words" })).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (415, "UNSUPPORTED_MEDIA_TYPE"), "{}", reply.body);
        assert!(ada.attached(&id).await.is_empty());
    }

    async fn a_name_is_a_label_and_nothing_else(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        for (given, kept, saved) in [
            ("../../../etc/passwd", "passwd", "filename=\"passwd\""),
            ("..\\..\\windows\\win.ini", "win.ini", "filename=\"win.ini\""),
            ("租约 📄 offer.txt", "租约 📄 offer.txt", "filename*=UTF-8''%E7%A7%9F%E7%BA%A6%20%F0%9F%93%84%20offer.txt"),
            ("<img src=x onerror=alert(1)>.txt", "_img src=x onerror=alert(1)_.txt", "filename=\"_img src_x onerror_alert(1)_.txt\""),
            ("invoice\u{202e}fdp.txt", "invoicefdp.txt", "filename=\"invoicefdp.txt\""),
            ("", "document", "filename=\"document\""),
            ("DROP TABLE board_sessions'; --.txt", "DROP TABLE board_sessions'; --.txt", "attachment; "),
        ] {
            let attachment = ada.attach(&id, given, b"Some words of the case.").await;
            assert_eq!(attachment["name"], kept);
            let path = format!("/api/v1/sessions/{id}/attachments/{}", attachment["id"].as_str().unwrap());
            let response = app.http().get(app.url(&path)).bearer_auth(ada.token.as_deref().unwrap()).send().await.unwrap();
            let header = response.headers()["content-disposition"].to_str().unwrap().to_owned();
            assert!(header.starts_with("attachment; ") && header.contains(saved), "{header}");
        }
    }
}
