/** A Worker that is bound for hooks: it lets everybody register, and says over what it was asked. */
export async function answerHook(request: { text(): Promise<string>; headers: Headers }): Promise<Response> {
  const { type, realm } = JSON.parse(await request.text());
  const signature = request.headers.get('webhook-signature') !== null;
  return Response.json({ allow: true, metadata: { type, realm, signature }, claims: { realm } });
}
