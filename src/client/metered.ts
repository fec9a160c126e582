import type { components } from '../../generated/openapi.ts';

type Schemas = components['schemas'];

/** What is reserved, for whom, and for how long; a reference is made where there is none. */
export type MeteredAsk = Schemas['NewReservation'];

/** What costly work is told of the quota that was reserved for it. */
export interface Metered {
  reference: string;
  reservation: Schemas['ReservationAnswer'];
  /** Says how much was really used, at most what was reserved. */
  used(quantity: number): void;
}

type Payer = Pick<MeteredAsk, 'user_id' | 'organization_id'>;

/** The three calls, by whichever way they are made. */
export interface ReservationCalls {
  reserve(ask: MeteredAsk & { reference: string }): Promise<Schemas['ReservationAnswer']>;
  commit(use: Payer & { reference: string; quantity?: number }): Promise<unknown>;
  release(of: Payer & { reference: string }): Promise<unknown>;
}

/** Reserves, works, and counts what was used; where the work fails nothing is counted. Throws what the work and the calls throw. */
export async function reserved<Result>(
  calls: ReservationCalls,
  ask: MeteredAsk,
  work: (metered: Metered) => Promise<Result>,
): Promise<Result> {
  const reference = ask.reference ?? crypto.randomUUID();
  const { user_id, organization_id } = ask;
  const of = {
    ...(user_id !== undefined && { user_id }),
    ...(organization_id !== undefined && { organization_id }),
    reference,
  };
  const reservation = await calls.reserve({ ...ask, reference });
  let quantity: number | undefined;
  let result: Result;
  try {
    result = await work({
      reference,
      reservation,
      used: (n) => {
        quantity = n;
      },
    });
  } catch (error) {
    // It expires anyway: why the work failed is what matters.
    await calls.release(of).catch(() => {});
    throw error;
  }
  await calls.commit(quantity === undefined ? of : { ...of, quantity });
  return result;
}
