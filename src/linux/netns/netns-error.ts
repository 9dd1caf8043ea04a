/** Why a namespace could not be read, and whose doing it is. */
export class NetnsError extends Error {
  constructor(
    readonly cause_: 'tenant' | 'platform',
    readonly code: 'refused' | 'timeout' | 'too-large' | 'malformed' | 'ended',
    detail: string,
  ) {
    super(detail);
    this.name = 'NetnsError';
  }
}
