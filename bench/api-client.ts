import { Agent, request } from 'node:http';

export interface Answer {
  status: number;
  body: { id: string; state: string; code?: string; detail?: string };
}

/** JSON over a fixed number of keep-alive connections, as a platform's server would do it. */
export class ApiClient {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    private readonly key: string,
    connections: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  send(method: string, path: string, body?: object): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.key}`,
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const call = request(`${this.url}${path}`, { method, headers, agent: this.agent }, (response) => {
        let received = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (received += part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(received || '{}') }),
        );
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end(text);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
