use quorate_testkit::on_both_databases;

use crate::NOTES;

type Kinds = (String, Option<String>, Option<i64>, Option<f64>, Option<Vec<u8>>);

on_both_databases! {
    async fn every_kind_of_value_comes_back(database: TestDatabase) {
        let store = database.migrated(&[&NOTES]).await.unwrap();
        let full: Kinds =
            ("full".into(), Some("naïve “quotes” 🙂".into()), Some(i64::MIN), Some(0.1 + 0.2), Some(vec![0, 255, 7]));
        let empty: Kinds = ("empty".into(), None, None, None, None);
        let mut tx = store.system("a test writes one row of each kind").await.unwrap();
        for row in [full.clone(), empty.clone()] {
            tx.sql("INSERT INTO kinds (id, text_value, int_value, real_value, bytes_value) VALUES ($1, $2, $3, $4, $5)")
                .bind(row.0)
                .bind(row.1)
                .bind(row.2)
                .bind(row.3)
                .bind(row.4)
                .execute()
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let mut tx = store.system_read("a test reads them back").await.unwrap();
        for expected in [full, empty] {
            let found: Kinds = tx
                .sql("SELECT id, text_value, int_value, real_value, bytes_value FROM kinds WHERE id = $1")
                .bind(expected.0.clone())
                .one()
                .await
                .unwrap();
            assert_eq!(found, expected);
        }
        // A sum of BIGINT is NUMERIC on PostgreSQL, which the common driver cannot read: it has to be cast.
        let sum: i64 = tx.sql("SELECT CAST(SUM(int_value) AS BIGINT) FROM kinds").scalar().await.unwrap();
        assert_eq!(sum, i64::MIN);
        // A whole number in a DOUBLE PRECISION column stays a float on both engines.
        drop(tx);
        let mut tx = store.system("a test writes a whole number").await.unwrap();
        tx.sql("UPDATE kinds SET real_value = $1 WHERE id = 'full'").bind(2.0_f64).execute().await.unwrap();
        let whole: f64 = tx.sql("SELECT real_value FROM kinds WHERE id = 'full'").scalar().await.unwrap();
        assert!((whole - 2.0).abs() < f64::EPSILON);
    }
}
