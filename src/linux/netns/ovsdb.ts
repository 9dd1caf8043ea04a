import { closeSync } from 'node:fs';
import { connect } from 'node:net';
import { z } from 'zod';
import type { HostHandle } from './host-handle.js';
import { insideId } from './inside-id.js';
import { JsonSplitter } from './json-splitter.js';
import { NetnsError } from './netns-error.js';
import { openInside, RefusedPath } from './open-inside.js';

const DEADLINE_MS = 2000;
const MAX_ANSWER = 64 * 1024;
const SOCKET = ['run', 'openvswitch', 'db.sock'];

const uuid = z.tuple([z.literal('uuid'), z.string()]);
/** OVSDB writes a set of one as the bare value. */
const setOf = <T extends z.ZodType>(item: T) =>
  z.union([
    z.tuple([z.literal('set'), z.array(item)]).transform(([, items]) => items),
    item.transform((one) => [one]),
  ]);

const resultRows = <T extends z.ZodRawShape>(shape: T) => z.object({ rows: z.array(z.object(shape)) });

const reply = z.object({
  error: z.null().optional(),
  result: z.tuple([
    resultRows({ name: z.string(), ports: setOf(uuid), datapath_type: z.string() }),
    resultRows({
      _uuid: uuid,
      name: z.string(),
      interfaces: setOf(uuid),
      tag: setOf(z.int()),
      trunks: setOf(z.int()),
    }),
    resultRows({ _uuid: uuid, type: z.string(), error: setOf(z.string()) }),
  ]),
});

const select = (table: string, columns: string[]) => ({ op: 'select', table, where: [], columns });

const REQUEST = JSON.stringify({
  id: 1,
  method: 'transact',
  params: [
    'Open_vSwitch',
    select('Bridge', ['name', 'ports', 'datapath_type']),
    select('Port', ['_uuid', 'name', 'interfaces', 'tag', 'trunks']),
    select('Interface', ['_uuid', 'type', 'error']),
  ],
});

export interface OvsPort {
  name: string;
  type: string;
  tag: number | null;
  trunks: number[];
  error: string | null;
}

export interface OvsBridge {
  name: string;
  datapath: string;
  ports: OvsPort[];
}

/**
 * Bridges of the lab host's Open vSwitch, read from its database's socket; null when none runs. What answers there
 * belongs to the learner: bounded in time and size, and never more than a claim. Rejects with NetnsError.
 */
export async function readBridges(host: HostHandle, signal?: AbortSignal): Promise<OvsBridge[] | null> {
  const fd = openSocket(host);
  if (fd === undefined) return null;
  let answer: unknown;
  try {
    answer = await ask(`/proc/self/fd/${fd}`, signal);
  } finally {
    closeSync(fd);
  }
  if (answer === undefined) return null;
  const parsed = reply.safeParse(answer);
  if (!parsed.success)
    throw new NetnsError('tenant', 'malformed', 'what answers on db.sock is no Open vSwitch database');
  return join(parsed.data.result);
}

function openSocket(host: HostHandle): number | undefined {
  try {
    const { fd, stat } = host.withRoot((root) => openInside(root, SOCKET));
    // Who answers is known by whose socket it is: one of the machine's own, which a lab host may have mounted there, was
    // not bound in it. Node has no way to ask for the credentials of a peer.
    const owned = insideId(host, Number(stat.uid)) !== null;
    if (stat.isSocket() && owned) return fd;
    closeSync(fd);
    const why = owned ? 'no socket' : "not the lab host's own";
    throw new NetnsError('tenant', 'refused', `db.sock is ${why}`);
  } catch (error) {
    if (error instanceof RefusedPath && error.reason === 'absent') return undefined;
    if (error instanceof RefusedPath) throw new NetnsError('tenant', 'refused', error.message);
    if (error instanceof NetnsError) throw error;
    throw new NetnsError('platform', 'ended', (error as Error).message);
  }
}

/** undefined = nobody listens. */
function ask(path: string, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const splitter = new JsonSplitter(MAX_ANSWER);
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      act();
    };
    const fail = (code: NetnsError['code'], detail: string, cause: 'tenant' | 'platform' = 'tenant'): void =>
      finish(() => reject(new NetnsError(cause, code, detail)));
    const timer = setTimeout(
      () => fail('timeout', `db.sock did not answer within ${DEADLINE_MS} ms`),
      DEADLINE_MS,
    );
    const abort = (): void => fail('ended', 'the reading was cancelled', 'platform');
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('connect', () => socket.write(REQUEST));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') finish(() => resolve(undefined));
      else fail('refused', `db.sock: ${error.code ?? error.message}`);
    });
    socket.on('close', () => fail('malformed', 'db.sock closed before it answered'));
    socket.on('data', (bytes) => {
      for (const text of splitter.push(bytes)) {
        const message = parse(text);
        // The server may ask for an echo in between; only the answer to our id counts.
        if (message?.id === 1 && 'result' in message) return finish(() => resolve(message));
      }
      if (splitter.overflown) fail('too-large', `db.sock answered with more than ${MAX_ANSWER} bytes`);
    });
  });
}

function parse(text: string): { id?: unknown } | undefined {
  try {
    return JSON.parse(text) as { id?: unknown };
  } catch {
    return undefined;
  }
}

function join([bridges, ports, interfaces]: z.infer<typeof reply>['result']): OvsBridge[] {
  const byName = <T extends { name: string }>(a: T, b: T): number => (a.name < b.name ? -1 : 1);
  const portsOf = new Map(ports.rows.map((p) => [p._uuid[1], p]));
  const interfacesOf = new Map(interfaces.rows.map((i) => [i._uuid[1], i]));
  return bridges.rows
    .map((bridge) => ({
      name: bridge.name,
      datapath: bridge.datapath_type,
      ports: bridge.ports
        .flatMap(([, id]) => portsOf.get(id) ?? [])
        .map((port) => {
          const first = interfacesOf.get(port.interfaces[0]?.[1] ?? '');
          return {
            name: port.name,
            type: first?.type ?? '',
            tag: port.tag[0] ?? null,
            trunks: port.trunks,
            error: first?.error[0] ?? null,
          };
        })
        .sort(byName),
    }))
    .sort(byName);
}
