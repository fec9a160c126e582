/** Who is calling, as far as the network tells: kept with sessions and in the activity log. */
export interface Client {
  ip: string;
  country: string | null;
  city: string | null;
  userAgent: string | null;
}
