//! The handle of the board: what other rooms, the API and the command line can ask of it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::Stream;
use quorate_audit::AuditLog;
use quorate_kernel::{
    Clock, Entitlements, Ids, OrgId, Page, PageRequest, Pagination, Principal, Problem, from_millis, millis,
};
use quorate_models::Models;
use quorate_store::{Store, TenantTx};
use quorate_work::{Handler, Jobs};
use tokio::sync::Semaphore;

use crate::attachments::{AttachedDocuments, materials};
use crate::config::BoardConfig;
use crate::engine::count::Rule;
use crate::engine::event::{Answered, By, Contribution, Event, Nothing, Pause, Started, Vote, Waited};
use crate::error::BoardError;
use crate::export;
use crate::feed::{Feed, StoredEvent};
use crate::persona::Catalogue;
use crate::ports::Research;
use crate::prompt::Prompts;
use crate::report::Report;
use crate::run::World;
use crate::runner::{Runner, job};
use crate::session::{Answer, NO_NUL, NewSession, Phase, Session, SessionId, Status, has_nul};
use crate::store::{self, NewEvent, SessionFilter};

/// What the board needs of the rest.
pub struct Deps {
    /// The database.
    pub store: Store,
    /// The queue its sessions run on.
    pub jobs: Jobs,
    /// The models.
    pub models: Arc<Models>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// What is done with reports is written down here.
    pub audit: AuditLog,
    /// What an organization's plan includes, and how much of it may be stored.
    pub entitlements: Arc<dyn Entitlements>,
    /// Its section of the configuration.
    pub config: BoardConfig,
    /// Where facts can be looked up besides the attachments.
    pub research: Vec<Arc<dyn Research>>,
}

pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) audit: AuditLog,
    pub(crate) jobs: Jobs,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) entitlements: Arc<dyn Entitlements>,
    /// Who may set a document now: a long report takes a processor for a while.
    pub(crate) press: Arc<Semaphore>,
    world: World,
    feed: Feed,
}

/// The board. Cheap to clone.
#[derive(Clone)]
pub struct Board {
    pub(crate) parts: Arc<Parts>,
}

/// What a user may answer at most.
const ANSWER_CHARS: usize = 2_000;
const TITLE_CHARS: usize = 200;

impl Board {
    /// Loads personas and prompts.
    ///
    /// # Errors
    /// When a persona file or a prompt is not valid.
    pub fn new(deps: Deps) -> Result<Self, BoardError> {
        let attached = AttachedDocuments::new(deps.store.clone(), Arc::clone(&deps.models));
        let places = std::iter::once(Arc::new(attached) as Arc<dyn Research>).chain(deps.research);
        let world = World {
            models: deps.models,
            prompts: Arc::new(Prompts::load()?),
            personas: Arc::new(Catalogue::load(deps.config.personas_dir.as_deref())?),
            config: Arc::new(deps.config),
            research: places.collect(),
            who: None,
            caller: None,
        };
        let feed = Feed::new(deps.store.clone());
        let parts = Parts {
            store: deps.store,
            audit: deps.audit,
            clock: deps.clock,
            jobs: deps.jobs,
            ids: deps.ids,
            entitlements: deps.entitlements,
            press: Arc::new(Semaphore::new(export::AT_ONCE)),
            world,
            feed,
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// The handlers of its jobs.
    #[must_use]
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(Runner::new(self.clone()))]
    }

    /// All personas that can take a seat.
    #[must_use]
    pub fn personas(&self) -> &Catalogue {
        &self.parts.world.personas
    }

    /// The strongest single model behind a route, or behind those that seats take in turn, as `provider/model`: the one
    /// that a baseline asks (BRD-31).
    #[must_use]
    pub fn strongest_model(&self, route: Option<&str>) -> String {
        self.parts.world.strongest(route)
    }

    pub(crate) fn world(&self) -> World {
        self.parts.world.clone()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.parts.clock.now()
    }

    /// Creates a session. Nothing runs yet.
    ///
    /// # Errors
    /// `ValidationFailed` naming each field that is not acceptable.
    pub async fn create(&self, who: &Principal, new: NewSession) -> Result<Session, Problem> {
        let parts = &self.parts;
        let models = &parts.world.models;
        let ceiling = parts.world.config.cost_ceiling();
        // Whoever may only use the server uses what is configured; its operator may name any model of a provider.
        let any_model = new.any_model;
        let listed = |route: &str| models.list().iter().any(|model| model.id == route);
        let knows = |route: &str| {
            if any_model {
                models.resolve(route).is_some()
            } else {
                models.route_targets(route).is_some() || listed(route)
            }
        };
        let brief = new.check(&parts.world.personas, knows, ceiling)?;
        let session = Session {
            id: SessionId(parts.ids.uuid()),
            org_id: who.org_id,
            user_id: who.user_id,
            title: None,
            brief,
            status: Status::Active,
            phase: Phase::Intake,
            outcome: None,
            failure: None,
            model: None,
            offline_demo: false,
            questions: Vec::new(),
            answer_deadline: None,
            held: false,
            stopping: false,
            last_sequence: 0,
            created_at: self.now(),
            started_at: None,
            completed_at: None,
        };
        let mut tx = parts.store.tenant(who).await?;
        store::insert(&mut tx, &session).await?;
        let created = Event::SessionCreated(Box::new(session.brief.clone()));
        store::append(&mut tx, session.id, &[created.into()], session.created_at).await?;
        tx.commit().await?;
        Ok(Session { last_sequence: 1, ..session })
    }

    /// Sets the board to work.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` when it has been started already.
    pub async fn start(&self, who: &Principal, id: SessionId) -> Result<Session, Problem> {
        let world = &self.parts.world;
        let now = self.now();
        let mut tx = self.parts.store.tenant(who).await?;
        // Held until the commit: what is attached now is what every seat reads.
        store::lock(&mut tx, id).await?;
        let materials = materials(store::attachments::beginnings(&mut tx, id).await?);
        let run = |session: &Session| {
            if session.started_at.is_some() || session.stopping || session.status != Status::Active {
                return Err(BoardError::Conflict("This session has been started already."));
            }
            let route = session.brief.route.clone().unwrap_or_else(|| world.route(0).to_owned());
            let targets = world.models.resolve(&route).unwrap_or_default();
            let seconds = i64::try_from(world.config.session_timeout_seconds).unwrap_or(i64::MAX / 2_000);
            Ok(vec![Event::SessionStarted(Started {
                offline_demo: world.models.is_offline(&route),
                model: targets.into_iter().next().unwrap_or_else(|| route.clone()),
                route,
                deadline: now + chrono::Duration::seconds(seconds),
                rule: Rule::of(session.brief.one_way_door).name().to_owned(),
                materials: materials.clone(),
            })])
        };
        Ok(self.change_within(tx, id, Some(now), run).await?)
    }

    /// Holds the session: what is under way is finished, nothing new is begun.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` when it is not at work.
    pub async fn pause(&self, who: &Principal, id: SessionId) -> Result<Session, Problem> {
        let run = |session: &Session| {
            if session.started_at.is_none() || session.stopping || session.status != Status::Active {
                return Err(BoardError::Conflict("Only a session that is at work can be paused."));
            }
            Ok(vec![Event::SessionPaused(Pause { reason: By::User })])
        };
        Ok(self.change(who, id, None, run).await?)
    }

    /// Lets a held session go on.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` when it is not held.
    pub async fn resume(&self, who: &Principal, id: SessionId) -> Result<Session, Problem> {
        let run = |session: &Session| {
            if !session.held {
                return Err(BoardError::Conflict("Only a session that you paused can be resumed."));
            }
            Ok(vec![Event::SessionResumed(Nothing {})])
        };
        Ok(self.change(who, id, Some(self.now()), run).await?)
    }

    /// Ends the session with what there is.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` when it is over already.
    pub async fn stop(&self, who: &Principal, id: SessionId) -> Result<Session, Problem> {
        let run = |session: &Session| match session.status {
            Status::Active | Status::Paused if session.stopping => Ok(Vec::new()),
            Status::Active | Status::Paused => Ok(vec![Event::StopRequested(Nothing {})]),
            _ => Err(BoardError::Conflict("This session is over.")),
        };
        Ok(self.change(who, id, Some(self.now()), run).await?)
    }

    /// Answers the questions that wait; those not named are skipped.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when no question waits; `ValidationFailed` when an answer names none of the questions or
    /// is too long.
    pub async fn answer(&self, who: &Principal, id: SessionId, answers: Vec<Answer>) -> Result<Session, Problem> {
        let session = self.session(who, id).await?;
        for (index, answer) in answers.iter().enumerate() {
            let field = |name: &str| format!("answers[{index}].{name}");
            if !session.questions.is_empty() && session.questions.iter().all(|q| q.id != answer.question_id) {
                return Err(Problem::field(field("question_id"), "This question is not open."));
            }
            if answer.answer.as_ref().is_some_and(|text| text.chars().count() > ANSWER_CHARS) {
                return Err(Problem::field(field("answer"), "Write at most 2,000 characters."));
            }
            if answer.answer.as_deref().is_some_and(has_nul) {
                return Err(Problem::field(field("answer"), NO_NUL));
            }
        }
        let run = |session: &Session| {
            if session.questions.is_empty() {
                return Err(BoardError::Conflict("No question waits for an answer."));
            }
            let given = |id: &str| {
                let found = answers.iter().find(|answer| answer.question_id == id);
                found.and_then(|answer| answer.answer.as_deref()).map(str::trim).filter(|text| !text.is_empty())
            };
            let all = session.questions.iter().map(|question| Answer {
                question_id: question.id.clone(),
                answer: given(&question.id).map(str::to_owned),
            });
            Ok(vec![Event::ClarificationAnswered(Answered { answers: all.collect(), by: By::User })])
        };
        Ok(self.change(who, id, Some(self.now()), run).await?)
    }

    /// Appends what the user wants and, where asked, wakes the worker; all in one transaction, against the head as it
    /// is in it.
    pub(crate) async fn change(
        &self,
        who: &Principal,
        id: SessionId,
        run_at: Option<DateTime<Utc>>,
        decide: impl Fn(&Session) -> Result<Vec<Event>, BoardError>,
    ) -> Result<Session, BoardError> {
        let mut tx = self.parts.store.tenant(who).await?;
        // Held until the commit, so that two requests at once cannot both pass the check.
        store::lock(&mut tx, id).await?;
        self.change_within(tx, id, run_at, decide).await
    }

    /// As `change`, in a transaction that holds the session.
    async fn change_within(
        &self,
        mut tx: TenantTx,
        id: SessionId,
        run_at: Option<DateTime<Utc>>,
        decide: impl Fn(&Session) -> Result<Vec<Event>, BoardError>,
    ) -> Result<Session, BoardError> {
        let session = store::session(&mut tx, id).await?;
        let mut events: Vec<NewEvent> = decide(&session)?.into_iter().map(NewEvent::from).collect();
        if session.waits() && session.started_at.is_some() && !events.is_empty() {
            // The time limit is for deliberation; a wait for the user moves it.
            let waited = self.now() - store::last_event_at(&mut tx, id).await?;
            let moved = Waited { milliseconds: waited.num_milliseconds().max(0) };
            events.insert(0, Event::DeadlineMoved(moved).into());
        }
        if !events.is_empty() {
            store::append(&mut tx, id, &events, self.now()).await?;
            if run_at.is_some() {
                self.parts.jobs.enqueue(&mut tx, job(&session, run_at)).await?;
            }
        }
        let session = store::session(&mut tx, id).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// The session.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn session(&self, who: &Principal, id: SessionId) -> Result<Session, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        Ok(store::session(&mut tx, id).await?)
    }

    /// The organization's sessions, newest first.
    ///
    /// # Errors
    /// `ValidationFailed` when the cursor is not one of ours.
    pub async fn sessions(
        &self,
        who: &Principal,
        page: &PageRequest,
        status: Option<Status>,
    ) -> Result<Page<Session>, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        let before = match &page.cursor {
            None => None,
            Some(cursor) => {
                let place = place(cursor);
                Some(place.ok_or_else(|| Problem::field("cursor", "This is not a cursor of this list."))?)
            }
        };
        let rows = store::list(&mut tx, &SessionFilter { status, before }, page.limit() + 1).await?;
        Ok(Page::from_rows(rows, page.limit(), |last| format!("{}_{}", millis(last.created_at), last.id)))
    }

    /// Names a session, or puts it away.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when one that is not over is to be put away; `ValidationFailed` for a title too long.
    pub async fn update(
        &self,
        who: &Principal,
        id: SessionId,
        title: Option<Option<String>>,
        archived: Option<bool>,
    ) -> Result<Session, Problem> {
        let mut tx = self.parts.store.tenant(who).await?;
        let session = store::session(&mut tx, id).await?;
        if let Some(title) = title {
            let title = title.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            if title.as_ref().is_some_and(|text| text.chars().count() > TITLE_CHARS) {
                return Err(Problem::field("title", "Write at most 200 characters."));
            }
            if title.as_deref().is_some_and(has_nul) {
                return Err(Problem::field("title", NO_NUL));
            }
            store::set_title(&mut tx, id, title).await?;
        }
        if let Some(archived) = archived {
            if session.completed_at.is_none() {
                return Err(Problem::conflict("Only a session that is over can be archived."));
            }
            store::set_archived(&mut tx, &session, archived).await?;
        }
        let session = store::session(&mut tx, id).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Removes a session and all that belongs to it. One that is at work stops.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete(&self, who: &Principal, id: SessionId) -> Result<(), Problem> {
        let mut tx = self.parts.store.tenant(who).await?;
        store::session(&mut tx, id).await?;
        store::delete(&mut tx, id).await?;
        tx.signal(store::topic(id));
        tx.commit().await?;
        Ok(())
    }

    /// Forgets everything of an organization that was deleted. Doing it again changes nothing; what is at work finds
    /// its session gone, and streams end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_organization(&self, org: OrgId) -> Result<(), Problem> {
        let mut tx = self.parts.store.system("a deleted organization has no principal any more").await?;
        for session in store::delete_all(&mut tx, org).await? {
            tx.signal(store::topic(session));
        }
        store::decisions::forget_settings(&mut tx, org).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What was said.
    ///
    /// # Errors
    /// `NotFound`, or `ValidationFailed` when the cursor is not one of ours.
    pub async fn contributions(
        &self,
        who: &Principal,
        id: SessionId,
        page: &PageRequest,
    ) -> Result<Page<Contribution>, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        let rows = store::contributions(&mut tx, id, after(page)?, page.limit() + 1).await?;
        Ok(numbered(rows, page))
    }

    /// The ballots that have been recorded.
    ///
    /// # Errors
    /// `NotFound`, or `ValidationFailed` when the cursor is not one of ours.
    pub async fn votes(&self, who: &Principal, id: SessionId, page: &PageRequest) -> Result<Page<Vote>, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        let rows = store::votes(&mut tx, id, after(page)?, page.limit() + 1).await?;
        Ok(numbered(rows, page))
    }

    /// The report.
    ///
    /// # Errors
    /// `NotFound`, also while there is none.
    pub async fn report(&self, who: &Principal, id: SessionId) -> Result<Report, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        let report = store::report(&mut tx, id).await?.ok_or_else(|| Problem::not_found("report yet"))?;
        drop(tx);
        self.weighed(who, id, report).await
    }

    /// A page of the log.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn events(
        &self,
        who: &Principal,
        id: SessionId,
        after: i64,
        limit: usize,
    ) -> Result<Page<StoredEvent>, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        let rows = store::events_after(&mut tx, id, after, limit + 1).await?;
        Ok(Page::from_rows(rows, limit, |event| event.sequence.to_string()))
    }

    /// Every event after a sequence, then what comes, until the terminal one.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn watch(
        &self,
        who: &Principal,
        id: SessionId,
        after: i64,
    ) -> Result<impl Stream<Item = Result<Arc<StoredEvent>, BoardError>> + Send + use<>, Problem> {
        Ok(self.parts.feed.watch(who, id, after).await?)
    }
}

/// Where a page of sessions ended. The cursor says it all, so that the list goes on where its last one was deleted.
pub(crate) fn place(cursor: &str) -> Option<(DateTime<Utc>, SessionId)> {
    let (time, id) = cursor.split_once('_')?;
    Some((from_millis(time.parse().ok()?), id.parse().ok()?))
}

fn after(page: &PageRequest) -> Result<i64, Problem> {
    let Some(cursor) = &page.cursor else { return Ok(0) };
    cursor.parse().map_err(|_| Problem::field("cursor", "This is not a cursor of this list."))
}

fn numbered<T>(mut rows: Vec<(i64, T)>, page: &PageRequest) -> Page<T> {
    let has_more = rows.len() > page.limit();
    rows.truncate(page.limit());
    let next_cursor = rows.last().filter(|_| has_more).map(|(sequence, _)| sequence.to_string());
    let data = rows.into_iter().map(|(_, item)| item).collect();
    Page { data, pagination: Pagination { next_cursor, has_more } }
}
