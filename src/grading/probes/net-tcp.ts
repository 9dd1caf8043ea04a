import { randomBytes } from 'node:crypto';
import { dialTcp, familyOf, startTcpListener, type DialResult } from '../../linux/netns/tcp.js';
import { startTcpWitness } from '../../linux/netns/tcp-witness.js';
import type { Json } from '../json.js';
import { seen, type Observation } from '../observation.js';
import type { NetTcpParams } from './net-tcp-params.js';
import { openPlace, packetCounts, type Place } from './places.js';
import { Round, type ProbeHost } from './round.js';

/** What arrived is told by the listener's kernel before the dialler has its answer; only the pipe is in between. */
const ANSWERED_MS = 2000;
/** Somebody else answered, or nobody did: then nothing is to be expected. */
const UNANSWERED_MS = 100;
/** What a capture has seen passes through a process of the machine, which may be busy. */
const WITNESSED_MS = 500;
/** Handshake and nonce; fewer are attempts. */
const PACKETS_OF_A_CONNECTION = 4;

/**
 * Connects from one namespace to another with a random word: `{reached, nonceMatched, srcSeen, via}`. That a connection
 * is made proves nothing, as anything on the way may answer; the word must come out where it should, and `srcSeen` is
 * the address that is seen there. Nothing there is an answer, not a fault.
 */
export async function netTcp(
  host: ProbeHost,
  params: NetTcpParams,
  signal?: AbortSignal,
): Promise<Observation> {
  const from = openPlace(host, params.from);
  if (!from) return seen(null);
  try {
    const { ns } = params.to;
    if (params.nonce === 'none' || ns === undefined) {
      return seen(await counted(host, params, async () => unproven(await dial(from, params, '', signal))));
    }
    const to = openPlace(host, ns);
    if (!to) return seen(null);
    try {
      return seen(await counted(host, params, () => proven({ from, to, params, signal })));
    } finally {
      to.release();
    }
  } finally {
    from.release();
  }
}

interface Outcome {
  reached: boolean;
  nonceMatched: boolean;
  srcSeen: string | null;
}

const unproven = ({ reached }: DialResult): Outcome => ({ reached, nonceMatched: false, srcSeen: null });

/** As the first line of a request, so that it disturbs no web server of the learner's. */
const requestOf = (nonce: string): string => `GET /${nonce} HTTP/1.0\r\n\r\n`;

function dial(from: Place, { to }: NetTcpParams, text: string, signal?: AbortSignal, awaitAnswer = false) {
  return dialTcp(from, { address: to.addr, port: to.port, text, awaitAnswer, signal });
}

async function proven(o: {
  from: Place;
  to: Place;
  params: NetTcpParams;
  signal?: AbortSignal | undefined;
}): Promise<Outcome> {
  const { from, to, params, signal } = o;
  const nonce = randomBytes(16).toString('hex');
  const answer = randomBytes(16).toString('hex');
  const port = params.to.listen ?? params.to.port;
  const listener = await startTcpListener(to, { family: familyOf(params.to.addr), port, answer });
  if (!listener) return witnessed({ ...o, nonce, port });
  try {
    const result = await dial(from, params, requestOf(nonce), signal, true);
    const answered = result.answer?.trim() === answer;
    const arrival = await listener.arrival(nonce, answered ? ANSWERED_MS : UNANSWERED_MS);
    return {
      reached: result.reached,
      nonceMatched: answered && arrival !== undefined,
      srcSeen: arrival?.from ?? null,
    };
  } finally {
    listener.close();
  }
}

/** The learner's own server has the port: it may stay, as what arrives can be seen beside it. */
async function witnessed(o: {
  from: Place;
  to: Place;
  params: NetTcpParams;
  nonce: string;
  port: number;
  signal?: AbortSignal | undefined;
}): Promise<Outcome> {
  const witness = await startTcpWitness(o.to, { port: o.port, nonce: o.nonce });
  try {
    const { reached } = await dial(o.from, o.params, requestOf(o.nonce), o.signal);
    const source = await witness.source(reached ? WITNESSED_MS : UNANSWERED_MS);
    return { reached, nonceMatched: source !== undefined, srcSeen: source ?? null };
  } finally {
    witness.close();
  }
}

/** `via`: which interfaces carried it, by their counters. */
async function counted(
  host: ProbeHost,
  { via }: NetTcpParams,
  connect: () => Promise<Outcome>,
): Promise<Json> {
  const before = await packetCounts(new Round(host), via);
  const outcome = await connect();
  const after = await packetCounts(new Round(host), via);
  const least = outcome.reached ? PACKETS_OF_A_CONNECTION : 1;
  return {
    ...outcome,
    via: via.map(({ ifname }, i) => ({ ifname, moved: after[i]! - before[i]! >= least })),
  };
}
