/** What the sandbox core needs to know of a published lab version. */
export interface LabRef {
  labId: string;
  labVersionId: string;
  slug: string;
  /** Ms of usable time. */
  durationMs: number;
  /** Ms per extension. */
  extendByMs: number;
  requires: string[];
}

/** Implemented over the labs feature. Both reject with AppError (`not_found`, `lab_not_published`, `lab_invalid`). */
export abstract class LabCatalogue {
  abstract resolve(tenantId: string, slug: string): Promise<LabRef>;
  abstract byVersion(tenantId: string, labVersionId: string): Promise<LabRef>;
}
