import path from 'node:path';

export interface LayoutOptions {
  stateDir: string;
  installId: string;
}

/** Where everything of this installation lies. Pure: names alone, so that any of it is found again after a crash. */
export class Layout {
  readonly stateDir: string;
  readonly installId: string;

  constructor(options: LayoutOptions) {
    if (!/^[A-Za-z0-9_-]{1,60}$/.test(options.installId)) {
      throw new Error(
        `the install id must be 1 to 60 of A-Z a-z 0-9 _ -, not ${JSON.stringify(options.installId)}`,
      );
    }
    this.stateDir = options.stateDir;
    this.installId = options.installId;
  }

  /**
   * Records of the runtime and views; on a tmpfs, as neither outlives a reboot. Outside the state folder, since the
   * ids of a lab host must be able to walk to its root, and need not see anything else of ours.
   */
  get volatile(): string {
    return path.join('/run/wheelhouse', this.installId);
  }

  get runtimeRoot(): string {
    return path.join(this.volatile, 'runtime');
  }

  /** One folder per lab host, and the private device nodes. */
  get hosts(): string {
    return path.join(this.stateDir, 'hosts');
  }

  get devices(): string {
    return path.join(this.stateDir, 'hosts', '.dev');
  }

  /** Programs given to lab hosts beside those of the image, a folder per content. */
  get tools(): string {
    return path.join(this.stateDir, 'hosts', '.tools');
  }

  get views(): string {
    return path.join(this.volatile, 'views');
  }

  /** Read-only view of `hosts`, the only source of bind mounts into a lab host. */
  get hostsView(): string {
    return path.join(this.views, 'hosts');
  }

  imageView(stamp: string): string {
    return path.join(this.views, `image-${stamp}`);
  }

  get lockFile(): string {
    return path.join(this.stateDir, 'runtime.lock');
  }

  bundle(name: string): string {
    return path.join(this.hosts, name);
  }

  /** What the last probe of the runtime found, see probe-cache.ts. */
  get probeCache(): string {
    return path.join(this.stateDir, 'probe.json');
  }

  /** The same path in every hierarchy. */
  get cgroupRoot(): string {
    return `/wheelhouse/${this.installId}`;
  }

  cgroup(name: string): string {
    return `${this.cgroupRoot}/${name}`;
  }
}
