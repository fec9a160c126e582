import type { Limits } from '../directory/state.ts';

/** What of somebody with a plan decides what they may use: one user, or an organization. */
export interface MeteredState {
  realmId: string;
  plan: string;
  /** When the plan lapses, Unix milliseconds; null is never. */
  planExpiresAt: number | null;
  /** Limits of theirs alone, in place of the plan's. */
  customLimits: Limits;
  /** The plan comes from a subscription, whose invoices bring its credits. */
  subscribed?: boolean;
  /** The meters by which that subscription pays for what is beyond the plan's limits: names of their events. */
  meters?: string[] | null;
  /** Credits that were brought along from elsewhere. */
  openingCredits?: number;
  status: 'active' | 'suspended';
}
