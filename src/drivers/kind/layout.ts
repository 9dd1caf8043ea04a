import path from 'node:path';

/** Files of one cluster. */
export interface ClusterFiles {
  dir: string;
  caCert: string;
  caKey: string;
  config: string;
  auditPolicy: string;
  admission: string;
  /** A tmpfs: the only path of the machine that something in the cluster writes. */
  audit: string;
  auditLog: string;
  kubeconfig: string;
  /** HOME of kind and of the docker it calls. */
  home: string;
  /** Written last: without it the cluster is half-made. */
  marker: string;
}

/** Where the clusters of this installation lie. Pure: names alone, so that any of it is found again after a crash. */
export class ClusterLayout {
  readonly root: string;

  constructor(stateDir: string) {
    this.root = path.join(stateDir, 'clusters');
  }

  get probeCache(): string {
    return path.join(this.root, '.probe.json');
  }

  files(name: string): ClusterFiles {
    const dir = path.join(this.root, name);
    const at = (file: string): string => path.join(dir, file);
    return {
      dir,
      caCert: at('ca.crt'),
      caKey: at('ca.key'),
      config: at('kind.yaml'),
      auditPolicy: at('audit.yaml'),
      admission: at('admission.yaml'),
      audit: at('audit'),
      auditLog: at('audit/audit.log'),
      kubeconfig: at('kubeconfig'),
      home: at('home'),
      marker: at('complete.json'),
    };
  }
}
