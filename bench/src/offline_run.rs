//! Sessions on the offline model at unlimited speed: all of their time is ours, the model's computing included.

use anyhow::Result;

use crate::client::Caller;
use crate::database::Engine;
use crate::engine::{MODES, UNLIMITED, deliberate, median, ms, problem};
use crate::report::Section;
use crate::server::{Binary, Home, Server};

/// Each mode on each database, one session after the other.
pub(crate) async fn measure(binary: &Binary, databases: &[Engine], sessions: u32) -> Result<Section> {
    let columns = ["Session", "Database", "Median", "Least", "Most", "Contributions", "Events", "Per contribution"];
    let mut section = Section::new("A session on the offline model at unlimited speed", &columns);
    for &engine in databases {
        let database = engine.fresh().await?;
        let home = Home::new(database.url(), UNLIMITED)?;
        let (server, _) = Server::start(binary, &home).await?;
        let caller = Caller::register(server.address()).await?;
        for mode in MODES {
            deliberate(&caller, &problem(mode)).await?;
            let mut courses = Vec::new();
            for _ in 0..sessions {
                courses.push(deliberate(&caller, &problem(mode)).await?);
            }
            courses.sort_by_key(|course| course.wall);
            let (Some(least), Some(most)) = (courses.first(), courses.last()) else { continue };
            let typical = &courses[courses.len() / 2];
            let each = |course: &crate::engine::Course| {
                course.wall / u32::try_from(course.contributions.max(1)).unwrap_or(u32::MAX)
            };
            section.row(vec![
                mode.to_owned(),
                engine.name().to_owned(),
                ms(typical.wall),
                ms(least.wall),
                ms(most.wall),
                typical.contributions.to_string(),
                typical.events.to_string(),
                ms(median(courses.iter().map(each).collect())),
            ]);
        }
        server.stop().await?;
    }
    section.note(format!(
        "From sending the start to receiving `session.completed` over SSE; {sessions} sessions per row, one after the \
         other, after one that is not counted. Besides the engine this holds what the offline model computes."
    ));
    Ok(section)
}
