export interface ApiAnswer<T = any> {
  status: number;
  headers: Headers;
  body: T;
}

/** The body of an answer that must be a success; else an error in the words of the API. */
export function bodyOf<T>({ status, body }: ApiAnswer<T>, what: string): T {
  if (status < 400) return body;
  const { code, detail } = body as { code?: string; detail?: string };
  throw new Error(`${what}: ${code ?? status}: ${detail ?? ''}`);
}

/** The part of an API client that a player needs. */
export interface PlayerApi {
  get<T = any>(path: string): Promise<ApiAnswer<T>>;
  post<T = any>(path: string, body?: unknown): Promise<ApiAnswer<T>>;
  delete<T = any>(path: string): Promise<ApiAnswer<T>>;
}

/** A thin client of the HTTP API: statuses are answers, not errors. */
export class ApiClient implements PlayerApi {
  constructor(
    readonly url: string,
    private readonly credential: string,
  ) {}

  get<T = any>(path: string): Promise<ApiAnswer<T>> {
    return this.send<T>('GET', path);
  }

  post<T = any>(path: string, body: unknown = {}): Promise<ApiAnswer<T>> {
    return this.send<T>('POST', path, JSON.stringify(body));
  }

  delete<T = any>(path: string): Promise<ApiAnswer<T>> {
    return this.send<T>('DELETE', path);
  }

  private async send<T>(method: string, path: string, body?: string): Promise<ApiAnswer<T>> {
    const headers = { authorization: `Bearer ${this.credential}`, 'content-type': 'application/json' };
    const response = await fetch(`${this.url}${path}`, { method, headers, body: body ?? null });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as T,
    };
  }
}
