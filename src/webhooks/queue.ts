import type { Budget } from '../lib/run-budget.ts';
import type { Outbox } from '../messages/outbox.ts';

/** What a message of the queue says: in which database there is something to deliver. */
export interface DeliveryCall {
  database: string;
}

/** Deliveries that one invocation comes to, as messages are reckoned; and the most that are sent at once. */
const A_CALL = 2000;
const MOST = 20;

/** Has as many invocations deliver what is due as that takes, each with limits of its own. */
export async function callDeliverers(
  outbox: Outbox,
  queue: Pick<Queue<DeliveryCall>, 'sendBatch'>,
  database: string,
  budget: Budget,
): Promise<void> {
  if (!budget.take(2)) return;
  const due = await outbox.countDeliveries(A_CALL * MOST);
  if (due === 0) return;
  const calls = Array.from({ length: Math.min(MOST, Math.ceil(due / A_CALL)) }, () => ({
    body: { database },
  }));
  await queue.sendBatch(calls);
}
