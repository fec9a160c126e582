import type { Limit, Limits } from '../directory/state.ts';

/** What a member may use of what all share. What is missing, or null, is not capped. */
export interface Caps {
  credits: Limit | null;
  resources: Limits;
}

/** What a member has used of what is capped, in the UTC day and month of now. `resource` is null for credits. */
export interface MemberUse {
  resource: string | null;
  day: number;
  month: number;
}

/** What one has used of one thing. `member` is a user, or who asked for nobody. `resource` is null for credits. */
export interface MemberSum {
  member: string;
  resource: string | null;
  quantity: number;
}

/** What was used of one resource, or by one model, on a day. `resource` is null for credits. */
export interface SpendingDay {
  date: string;
  resource: string | null;
  quantity: number;
}

/** What was used of one model. */
export interface ModelSum {
  model: string;
  inputTokens: number;
  outputTokens: number;
  requests: number;
}

/** What an organization has used from a date to another (YYYY-MM-DD, both included). */
export interface SpendingRange {
  from: string;
  to: string;
}
