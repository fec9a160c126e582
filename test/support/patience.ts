/** How long to wait for what must come, in ms. Only what hangs takes longer, however busy the machine is. */
export const PATIENCE = 300_000;
