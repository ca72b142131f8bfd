/** What a browser does with cookies, for one host at a time; follows no redirect by itself. */

/** See the file's head. */
export class CookieJar {
  /** By origin and name. */
  readonly #cookies = new Map<string, Map<string, string>>();
  /** `Set-Cookie` lines of the last answer. */
  lastSet: string[] = [];

  get(origin: string, name: string): string | undefined {
    return this.#of(origin).get(name);
  }

  set(origin: string, name: string, value: string): void {
    this.#of(origin).set(name, value);
  }

  /** A copy, as somebody would steal it. */
  copy(): CookieJar {
    const jar = new CookieJar();
    for (const [origin, cookies] of this.#cookies) jar.#cookies.set(origin, new Map(cookies));
    return jar;
  }

  async fetch(url: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
    const { origin } = new URL(url);
    const cookie = [...this.#of(origin)].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...init.headers, ...(cookie !== '' && { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    this.lastSet = response.headers.getSetCookie();
    for (const line of this.lastSet) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      const isOver = attributes.some(
        (one) =>
          /^max-age=0$/i.test(one) || (/^expires=/i.test(one) && Date.parse(one.slice(8)) <= Date.now()),
      );
      if (isOver) this.#of(origin).delete(name);
      else this.#of(origin).set(name, value);
    }
    return response;
  }

  #of(origin: string): Map<string, string> {
    const known = this.#cookies.get(origin);
    if (known) return known;
    const cookies = new Map<string, string>();
    this.#cookies.set(origin, cookies);
    return cookies;
  }
}
