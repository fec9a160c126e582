/** What one slice of load came to. */
export interface Slice {
  requests: number;
  seconds: number;
  /** CPU of the service until the last answer, milliseconds. */
  cpu: number;
  /** And what it did of its own accord afterwards: alarms that write to D1. */
  cpuAfter: number;
}

/** A slice, and the floor's CPU per request just before and after it. */
export interface Sample {
  slice: Slice;
  floor: number;
}

/** Medians over the rounds. CPU is in milliseconds per request. */
export interface Summary {
  requestsPerSecond: number;
  cpu: number;
  cpuAfter: number;
  /** Of `cpu` to the floor's. */
  ratio: number;
  /** That ratio in each round. */
  ratios: number[];
}

/** The value below which that share of the sorted values lies, interpolated. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) throw new Error('no values');
  return low + (high - low) * (at - Math.floor(at));
}

/** The middle value. */
export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/** Slices of one thing, taken together. */
export function sum(slices: Slice[]): Slice {
  const total = { requests: 0, seconds: 0, cpu: 0, cpuAfter: 0 };
  for (const slice of slices) {
    for (const key of Object.keys(total) as (keyof Slice)[]) total[key] += slice[key];
  }
  return total;
}

/** CPU per request. */
export function perRequest(slice: Slice): number {
  return slice.cpu / slice.requests;
}

/**
 * Ratios are taken within a round and only then their median: other work on the machine slows a round as a whole,
 * the floor with it.
 */
export function summarise(samples: Sample[]): Summary {
  const ratios = samples.map(({ slice, floor }) => perRequest(slice) / floor);
  const slices = samples.map(({ slice }) => slice);
  return {
    requestsPerSecond: median(slices.map(({ requests, seconds }) => requests / seconds)),
    cpu: median(slices.map(perRequest)),
    cpuAfter: median(slices.map(({ requests, cpuAfter }) => cpuAfter / requests)),
    ratio: median(ratios),
    ratios,
  };
}

/** What a yardstick costs above the floor, milliseconds: the median of the rounds' differences. */
export function aboveFloor(samples: Sample[]): number {
  return median(samples.map(({ slice, floor }) => perRequest(slice) - floor));
}

/**
 * What sign-in costs above the floor and the hash together, milliseconds, of each round. The route that hashes also
 * calls an object; that call is taken out of the hash, so that it counts for sign-in, which calls one too.
 */
export function aboveHash(signIn: Sample[], hash: Sample[], object: Sample[]): number[] {
  const call = aboveFloor(object);
  return signIn.map(({ slice }, round) => {
    const paired = hash[round];
    if (!paired) throw new Error('every round needs both');
    return perRequest(slice) - (perRequest(paired.slice) - call);
  });
}
