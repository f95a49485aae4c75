use futures::future::{Either, select};
use quorate_kernel::MicroUsd;
use tokio::time::{Instant, sleep};

use super::{RelayCall, RelayFailure, Relayed};
use crate::routing::{Tour, Turn};
use crate::{Models, Reserved};

impl Models {
    /// Makes an attempt, and a second one beside it when the route hedges and the first is slow to begin (GTW-11). The
    /// sooner answer is taken; the other call is ended, and recorded as cancelled.
    pub(super) async fn turn(
        &self,
        tour: &mut Tour,
        turn: Turn,
        call: &RelayCall<'_>,
        most: MicroUsd,
        reserved: &mut Option<Reserved>,
    ) -> Result<Relayed, RelayFailure> {
        let deadline = tour.deadline();
        let Some(patience) = tour.route().hedge_after.map(|patience| turn.wait + patience) else {
            return self.ask(call, turn, reserved, deadline).await;
        };
        let first = Box::pin(self.ask(call, turn, reserved, deadline));
        let first = match select(first, Box::pin(sleep(patience))).await {
            Either::Left((outcome, _)) => return outcome,
            Either::Right(((), first)) => first,
        };
        let Some(turn) = tour.next_up() else { return first.await };
        // Both may have to be paid. Whose budget has no room for two waits for the first.
        let Ok(more) = self.reserve(call.caller, most).await else { return first.await };
        let mut more = Some(more);
        let second = Box::pin(self.ask(call, turn, &mut more, deadline));
        let (sooner, other) = select(first, second).await.factor_first();
        // What one of them refuses, the other may answer.
        if sooner.is_ok() { sooner } else { other.await }
    }

    /// Makes one attempt.
    async fn ask(
        &self,
        call: &RelayCall<'_>,
        mut turn: Turn,
        reserved: &mut Option<Reserved>,
        deadline: Option<Instant>,
    ) -> Result<Relayed, RelayFailure> {
        if !turn.wait.is_zero() {
            sleep(turn.wait).await;
        }
        let permit = turn.permit();
        let attempts = turn.number;
        match self.attempt(&turn.leg, call, attempts, permit, reserved, deadline).await {
            Ok(relayed) => Ok(Relayed { attempts, ..relayed }),
            Err(failure) => {
                let (target, error) = (&turn.leg.target, &failure.error);
                tracing::warn!(route = call.route, target, attempt = attempts, %error, "relayed call failed");
                Err(RelayFailure { attempts, ..failure })
            }
        }
    }
}
