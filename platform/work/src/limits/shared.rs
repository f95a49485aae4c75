use std::fmt;
use std::sync::Arc;

use redis::Script;

use super::window::{STEPS, Window, step_millis};
use super::{Decision, LimitKey, Rate};
use crate::Redis;

/// The window of `window.rs` as a hash of steps. The time is Redis's own, so that nodes whose clocks differ agree.
/// Answers whether it was allowed, the time, and each step with its count.
const TAKE: &str = r"
local count, amount, step, steps = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local current = math.floor(now / step)
local held = redis.call('HGETALL', KEYS[1])
local used, gone, answer, here = 0, {}, {0, now}, 0
for i = 1, #held, 2 do
  local slot, taken = tonumber(held[i]), tonumber(held[i + 1])
  if slot + steps < current then
    gone[#gone + 1] = held[i]
  else
    used = used + taken
    if slot == current then
      here = taken
    else
      answer[#answer + 1] = slot
      answer[#answer + 1] = taken
    end
  end
end
if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
if count > 0 and used + amount <= count then
  answer[1] = 1
  if amount > 0 then
    here = here + amount
    redis.call('HSET', KEYS[1], string.format('%.0f', current), here)
    redis.call('PEXPIRE', KEYS[1], step * (steps + 1))
  end
end
answer[#answer + 1] = current
answer[#answer + 1] = here
return answer";

/// The limits of all nodes.
#[derive(Clone)]
pub(super) struct SharedLimits {
    redis: Redis,
    take: Arc<Script>,
}

impl SharedLimits {
    pub(super) fn new(redis: Redis) -> Self {
        Self { redis, take: Arc::new(Script::new(TAKE)) }
    }

    pub(super) fn nodes(&self) -> u32 {
        self.redis.nodes()
    }

    /// `None` while Redis is away.
    pub(super) async fn take(&self, key: LimitKey, rate: Rate, amount: u32) -> Option<Decision> {
        let step = step_millis(rate.per);
        let name = self.redis.key(format_args!("limit:{}:{:032x}:{step}", key.scope, key.subject));
        let asked = self.redis.ask(|mut connection| async move {
            let mut asked = self.take.key(name);
            asked.arg(rate.count).arg(amount).arg(step).arg(STEPS);
            asked.invoke_async::<Vec<u64>>(&mut connection).await
        });
        read(&asked.await?, rate, amount)
    }
}

fn read(answer: &[u64], rate: Rate, amount: u32) -> Option<Decision> {
    let (&[allowed, now], steps) = answer.split_first_chunk()?;
    let mut window = Window::new();
    // The present step stands last; told first, it tells which others still count.
    for pair in steps.rchunks_exact(2) {
        let &[step, count] = pair else { continue };
        window.put(step, u32::try_from(count).unwrap_or(u32::MAX));
    }
    Some(window.decide(rate, amount, allowed == 1, now))
}

impl fmt::Debug for SharedLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedLimits").field("redis", &self.redis).finish_non_exhaustive()
    }
}
