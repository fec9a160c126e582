import { sql } from 'drizzle-orm';

/** As SQL: the realms whose rows a database keeps after they have moved elsewhere, or while they are about to. */
export const FROZEN_SQL = '(SELECT realm_id FROM realm_guards WHERE frozen = 1)';

/** The same for Drizzle. What jobs look for is not among those: what they write of others would be held up with it. */
export const FROZEN_REALMS = sql.raw(FROZEN_SQL);
