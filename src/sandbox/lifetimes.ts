import type { LabCatalogue } from './lab-catalogue.js';
import type { SandboxRow } from './sandbox-row.js';

const MAX_KNOWN = 1000;

/** How long sandboxes may run from `ready`: what their lab says, up to what the service allows. ms. */
export class Lifetimes {
  private readonly known = new Map<string, number>();

  constructor(
    private readonly labs: LabCatalogue,
    private readonly maxMs: number,
  ) {}

  async of(row: Pick<SandboxRow, 'tenantId' | 'labVersionId'>): Promise<number> {
    if (row.labVersionId === null) return this.maxMs;
    const known = this.known.get(row.labVersionId);
    if (known !== undefined) return known;
    const lab = await this.labs.byVersion(row.tenantId, row.labVersionId);
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    const ms = Math.min(lab.durationMs, this.maxMs);
    this.known.set(row.labVersionId, ms);
    return ms;
  }

  /** Without waiting: undefined while the lab was not looked up; then it is, for the next time. */
  now(row: SandboxRow): number | undefined {
    const known = row.labVersionId === null ? this.maxMs : this.known.get(row.labVersionId);
    if (known === undefined) this.of(row).catch(() => undefined);
    return known;
  }
}
