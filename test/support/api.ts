export interface ApiAnswer<T = any> {
  status: number;
  headers: Headers;
  body: T;
}

/** A thin client: every answer is given to `inspect`, where tests check it against the OpenAPI document. */
export class Api {
  inspect: (method: string, path: string, answer: ApiAnswer) => void = () => undefined;

  constructor(
    readonly url: string,
    private readonly credential: string,
  ) {}

  get<T = any>(path: string, headers: Record<string, string> = {}) {
    return this.send<T>('GET', path, undefined, headers);
  }

  post<T = any>(path: string, body: unknown = {}, headers: Record<string, string> = {}) {
    return this.send<T>('POST', path, JSON.stringify(body), headers);
  }

  put<T = any>(path: string, body: unknown = {}) {
    return this.send<T>('PUT', path, JSON.stringify(body), {});
  }

  delete<T = any>(path: string) {
    return this.send<T>('DELETE', path, undefined, {});
  }

  async send<T = any>(
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.credential === '' ? {} : { authorization: `Bearer ${this.credential}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as T,
    };
    this.inspect(method, path, answer);
    return answer;
  }

  /** A client with a learner token of this user. */
  async as(user: string): Promise<Api> {
    await this.put(`/v1/users/${user}`);
    const { body } = await this.post(`/v1/users/${user}/tokens`);
    const api = new Api(this.url, body.token);
    api.inspect = this.inspect;
    return api;
  }
}
