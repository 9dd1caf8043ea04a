import { runCommand } from '../exec/command.js';
import { CommandError } from '../exec/command-error.js';
import {
  addText,
  bridgeElements,
  deleteText,
  portElements,
  sourceElement,
  tableName,
  type Element,
  type FencedBridge,
  type FencedPort,
} from './elements.js';
import { parseSet, type ListedElement } from './listing.js';
import { skeleton } from './ruleset.js';

const NFT_MS = 10_000;
/** Room for the elements of some thousand sandboxes. */
const MAX_LISTING = 8 << 20;

/**
 * The fences of one installation: what a sandbox's network may reach. Each is put up before the link it guards exists,
 * as names are enough for it, and each method is one transaction of the kernel, the same when done twice. Several
 * objects may work on the same installation: what there is is read from the kernel each time. Rejects with CommandError.
 */
export class Fence {
  readonly table: string;

  constructor(options: { installId: string }) {
    this.table = tableName(options.installId);
  }

  /** Tables, chains, rules of this version; elements that are there stay, and hold at every moment. */
  async open(): Promise<void> {
    await nft(skeleton(this.table));
  }

  /** Cuts the bridge off from all but itself; see ruleset.ts. */
  addBridge({ bridge, sandbox }: FencedBridge): Promise<void> {
    return this.apply(bridgeElements(bridge).map((element) => addText(this.table, element, sandbox)));
  }

  /** Only after the bridge itself is gone. */
  removeBridge(bridge: string): Promise<void> {
    return this.remove(bridgeElements(bridge));
  }

  /** From now on nothing but IPv4 and ARP under these two addresses comes out of that interface. */
  async addPort({ port, mac, address, sandbox }: FencedPort): Promise<void> {
    const source = sourceElement(port, mac, address);
    const others = (await this.sourcesOf(port)).filter((element) => element.key !== source.key);
    await this.apply([
      ...others.map((element) => deleteText(this.table, element)),
      ...[...portElements(port), source].map((element) => addText(this.table, element, sandbox)),
    ]);
  }

  /** Only after the interface itself is gone. */
  async removePort(port: string): Promise<void> {
    await this.remove([...(await this.sourcesOf(port)), ...portElements(port)]);
  }

  /** Names of the bridges with a whole fence; none when the table is gone. */
  async bridges(): Promise<string[]> {
    const [bridges, pairs] = await Promise.all([this.list('inet', 'bridges'), this.list('inet', 'pairs')]);
    const paired = new Set(pairs.map(({ key }) => key[0]));
    return bridges.map(({ key }) => key[0] ?? '').filter((name) => paired.has(name));
  }

  /** Names of the machine's ends that have a fence. */
  async ports(): Promise<string[]> {
    return [...(await this.owners()).keys()];
  }

  /** Ports that have a fence, each with the mark of its sandbox. */
  async owners(): Promise<Map<string, string>> {
    const all = await this.list('bridge', 'ports');
    return new Map(all.map(({ key, comment }) => [key[0] ?? '', comment ?? '']));
  }

  /** Takes every fence of the installation away: for the removal of the installation itself. */
  async sweep(): Promise<void> {
    const both = ['inet', 'bridge'].map((family) => `table ${family} ${this.table}\n`);
    await nft(both.map((table) => `add ${table}delete ${table}`).join('')).catch((error: unknown) => {
      if (!isNothing(error)) throw error;
    });
  }

  /** The same once nothing is fenced any more, whichever driver is the last to leave. */
  async sweepIfEmpty(): Promise<void> {
    const lists = [this.list('inet', 'bridges'), this.list('bridge', 'ports'), this.list('inet', 'ports')];
    if ((await Promise.all(lists)).every((elements) => elements.length === 0)) await this.sweep();
  }

  private async sourcesOf(port: string): Promise<Element[]> {
    const all = await this.list('bridge', 'sources');
    return all
      .filter(({ key }) => key[0] === port)
      .map(({ key: [name = '', mac = '', address = ''] }) => sourceElement(name, mac, address));
  }

  /** Where somebody flushed all rules of the machine, ours come back with the next element. */
  private async apply(lines: string[]): Promise<void> {
    try {
      await nft(lines.join(''));
    } catch (error) {
      if (!isMissing(error)) throw error;
      await nft(skeleton(this.table) + lines.join(''));
    }
  }

  private async remove(elements: Element[]): Promise<void> {
    try {
      await nft(elements.map((element) => deleteText(this.table, element)).join(''));
    } catch (error) {
      if (!isNothing(error)) throw error;
    }
  }

  private async list(family: Element['family'], set: Element['set']): Promise<ListedElement[]> {
    try {
      const { stdout } = await runCommand({
        argv: ['nft', '-j', 'list', 'set', family, this.table, set],
        timeoutMs: NFT_MS,
        maxOutput: MAX_LISTING,
      });
      return parseSet(stdout);
    } catch (error) {
      if (isNothing(error)) return [];
      throw error;
    }
  }
}

function nft(input: string): Promise<unknown> {
  return runCommand({ argv: ['nft', '-f', '-'], input, timeoutMs: NFT_MS });
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof CommandError &&
    error.failure === 'exit' &&
    /No such file or directory/.test(error.output)
  );
}

/** Without the program, the right or the kernel's part nothing can be fenced, so nothing is. */
const NO_NFTABLES = /cache initialization failed: (Operation not permitted|Protocol not supported)/;

function isNothing(error: unknown): boolean {
  if (!(error instanceof CommandError)) return false;
  return error.failure === 'spawn' || isMissing(error) || NO_NFTABLES.test(error.output);
}
