import { randomBytes } from 'node:crypto';
import { CommandError } from '../../linux/exec/command-error.js';
import { runCommand } from '../../linux/exec/command.js';
import { closeSync } from 'node:fs';
import { isRefusal, labHostEntry, machineEntry, type NetnsEntry } from '../../linux/netns/enter.js';
import { openNamedNetns } from '../../linux/netns/named-netns.js';
import { NetnsError } from '../../linux/netns/netns-error.js';
import { RefusedPath } from '../../linux/netns/open-inside.js';
import type { Json } from '../json.js';
import { ABSENT, seen, type Observation } from '../observation.js';
import type { HttpTargets } from './cluster-view.js';
import { curlArgs, parseCurl, type HttpTargetAddress } from './curl.js';
import type { HttpGetParams } from './http-params.js';
import type { ProbeHost } from './round.js';

/** Of all requests of one observation together. */
const DEADLINE_MS = 4000;
const MAX_REQUESTS = 20;
const MAX_OUTPUT = 2 * 1024 * 1024;

interface Places {
  host: ProbeHost | undefined;
  targets: HttpTargets | undefined;
}

/**
 * Requests from inside a namespace by the machine's own curl, so with no more reach than the learner has there. No
 * redirect, proxy or credential is followed or sent. What does not answer is an `error` of its response, not a fault.
 */
export async function httpGet(places: Places, params: HttpGetParams): Promise<Observation> {
  const addresses = addressesOf(places.targets, params);
  if (!addresses) return places.targets ? seen(null) : ABSENT;
  const entry = entryOf(places, params.from);
  if (!entry) return params.from === 'node' ? ABSENT : seen(null);
  try {
    const requests = addresses.flatMap((to) => Array.from({ length: params.count }, () => to));
    if (requests.length === 0) return seen({ responses: [] });
    return seen({ responses: await ask(entry, requests.slice(0, MAX_REQUESTS), params) });
  } finally {
    entry.release();
  }
}

function addressesOf(targets: HttpTargets | undefined, { to, port }: HttpGetParams) {
  if (!('addr' in to)) return targets?.resolve(to, port);
  const host = to.addr.includes(':') ? `[${to.addr}]` : to.addr;
  return [{ target: to.addr, address: `${host}:${port}` }];
}

interface Entry extends NetnsEntry {
  release(): void;
}

function entryOf({ host, targets }: Places, from: string): Entry | undefined {
  if (from === 'node') {
    const netns = targets?.nodeNetns();
    return netns === undefined ? undefined : { ...machineEntry(netns), release: () => undefined };
  }
  if (!host) throw new NetnsError('platform', 'ended', 'the lab host cannot be observed');
  const { handle } = host;
  const { mainNetns, userNs } = handle;
  if (from === 'main') return { ...labHostEntry({ netns: mainNetns, userNs }), release: () => undefined };
  try {
    const { fd } = openNamedNetns(handle, from);
    return { ...labHostEntry({ netns: fd, userNs }), release: () => closeSync(fd) };
  } catch (error) {
    if (error instanceof RefusedPath && error.reason === 'absent') return undefined;
    throw error;
  }
}

async function ask(entry: Entry, requests: HttpTargetAddress[], params: HttpGetParams): Promise<Json[]> {
  const mark = `--${randomBytes(16).toString('hex')}`;
  try {
    const { stdout, stderr, truncated } = await runCommand({
      argv: entry.argv('curl', curlArgs(requests, params.path, mark)),
      extraFds: entry.fds,
      env: { LC_ALL: 'C' },
      timeoutMs: DEADLINE_MS,
      maxOutput: MAX_OUTPUT,
      // Any status of curl is an answer; what it means stands in each response.
      accept: Array.from({ length: 100 }, (_, i) => i),
    });
    if (isRefusal(stderr)) throw new NetnsError('tenant', 'refused', 'the kernel refused the namespace');
    const responses = parseCurl(stdout, { requests, mark, parse: params.parse, truncated });
    if (responses.length === 0)
      throw new NetnsError('platform', 'ended', `curl said: ${stderr.slice(0, 200)}`);
    return responses;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.failure !== 'timeout') throw new NetnsError('platform', 'ended', error.message);
    // The far end is the learner's, and it was asked: that it does not come to an end is its answer.
    return [{ target: requests[0]!.target, status: null, body: null, tookMs: DEADLINE_MS, error: 'timeout' }];
  }
}
