/**
 * Tests only: `WHEELHOUSE_FAULT=after:run` ends the process with SIGKILL at that point, the second time with
 * `after:run#2`. Does nothing when unset; refused outside tests by the configuration.
 */
export class Faults {
  private left: number;
  private readonly point: string | undefined;

  constructor(spec: string | undefined) {
    const [point, nth] = (spec ?? '').split('#');
    this.point = point === '' ? undefined : point;
    this.left = Number(nth ?? 1);
  }

  at(point: string): void {
    if (this.point !== point) return;
    this.left -= 1;
    if (this.left <= 0) process.kill(process.pid, 'SIGKILL');
  }
}
