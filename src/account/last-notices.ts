import { projectLogout } from './projection-statements.ts';
import type { EndedGrant } from './session-book.ts';
import type { ToldMessage } from './told-messages.ts';

const LEFT = 'last_notices';

interface LeftNotices {
  userId: string;
  messages: ToldMessage[];
}

/** What clients are to hear of a user who was deleted: that what they had has ended, until the directory has it. */
export class LastNotices {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** Notes it, when all else is deleted. */
  leave(userId: string, ended: EndedGrant[], at: number): void {
    if (ended.length === 0) return;
    const messages = ended.map((data): ToldMessage => ({ seq: 0, at, kind: 'logout', data }));
    this.#kv.put<LeftNotices>(LEFT, { userId, messages });
  }

  /** Has the directory keep it. Repeating adds nothing. */
  async handOver(d1: D1Database): Promise<void> {
    const left = this.#kv.get<LeftNotices>(LEFT);
    if (!left) return;
    await d1.batch(left.messages.flatMap((message) => projectLogout(d1, left.userId, message)));
    this.#kv.delete(LEFT);
  }
}
