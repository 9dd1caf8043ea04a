import { t } from './i18n.js';

/** What went wrong, in words for the learner; `code` is stable, `network` means that no answer came. */
export class ApiError extends Error {
  /** @param {{status: number, code: string, detail: string, retryable?: boolean, retryAfter?: number}} problem */
  constructor({ status, code, detail, retryable = false, retryAfter }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryable = retryable;
    this.retryAfter = retryAfter;
  }
}

async function problemOf(response) {
  const fallback = { code: 'internal', detail: t('errorStatus', { status: response.status }) };
  const body = await response.json().catch(() => fallback);
  const detail = body.detail || body.title || fallback.detail;
  return new ApiError({ ...fallback, ...body, detail, status: response.status });
}

/** JSON over HTTP with the learner's token; an expired token is renewed once and the call repeated. */
export class Api {
  /** The server's clock minus ours, ms. */
  skewMs = 0;

  /** @param {import('./token.js').LearnerToken} token */
  constructor(token) {
    this.token = token;
  }

  get(path) {
    return this.#json('GET', path);
  }

  post(path, body) {
    return this.#json('POST', path, body);
  }

  delete(path) {
    return this.#json('DELETE', path);
  }

  /**
   * The response itself, for streams. Rejects with ApiError unless it is 2xx.
   * @param {string} path
   * @param {RequestInit} [init]
   */
  async open(path, init = {}) {
    let response = await this.#send(path, init);
    if (response.status === 401 && (await this.token.renew())) response = await this.#send(path, init);
    if (!response.ok) throw await problemOf(response);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) this.skewMs = date - Date.now();
    return response;
  }

  async #json(method, path, body) {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const response = await this.open(path, {
      method,
      headers: { Accept: 'application/json', ...json },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  async #send(path, init) {
    try {
      return await fetch(path, {
        ...init,
        cache: 'no-store',
        headers: { ...init.headers, Authorization: `Bearer ${this.token.value}` },
      });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiError({ status: 0, code: 'network', detail: t('errorNetwork'), retryable: true });
    }
  }
}
