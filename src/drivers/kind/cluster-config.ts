import { stringify } from 'yaml';
import type { ClusterFiles } from './layout.js';
import { NODE_LIMITS } from './limits.js';
import { ADMINS, EXEMPT_NAMESPACES, LEARNERS, PROBE_USER } from './identities.js';

/** Where a control plane sees what we publish to it. */
const INSIDE = '/etc/kubernetes/wheelhouse';
const LOGS = '/var/log/wheelhouse';
/** Longer than any pause: a frozen node must not lose its pods. */
const GRACE = '24h';

/** Arguments in the form of the kubeadm API that kind writes: a map up to v1beta3, a list since v1beta4. */
type Args = Record<string, string>;
const asList = (args: Args) => Object.entries(args).map(([name, value]) => ({ name, value }));

function volumes(): Record<string, unknown>[] {
  return [
    { name: 'wheelhouse', hostPath: INSIDE, mountPath: INSIDE, readOnly: true, pathType: 'Directory' },
    { name: 'audit', hostPath: LOGS, mountPath: LOGS, readOnly: false, pathType: 'Directory' },
  ];
}

const API_SERVER: Args = {
  'admission-control-config-file': `${INSIDE}/admission.yaml`,
  'audit-policy-file': `${INSIDE}/audit.yaml`,
  'audit-log-path': `${LOGS}/audit.log`,
  // Twice this must fit into the tmpfs.
  'audit-log-maxsize': '7',
  'audit-log-maxbackup': '1',
};
// Leader election makes them exit when a pause is longer than their lease; there is no second one to lead.
const CONTROLLERS: Args = { 'leader-elect': 'false', 'node-monitor-grace-period': GRACE };
const SCHEDULER: Args = { 'leader-elect': 'false' };
// A cluster that did not survive a power cut is made again; until then nothing waits for the disk.
const ETCD: Args = { 'unsafe-no-fsync': 'true' };

/** kind applies the patch whose version is that of its own text, and ignores the other one. */
function clusterPatches(): string[] {
  const patch = (version: string, form: (args: Args) => unknown, own: { api: Args; controllers: Args }) =>
    stringify({
      kind: 'ClusterConfiguration',
      apiVersion: `kubeadm.k8s.io/${version}`,
      apiServer: { extraArgs: form({ ...own.api, ...API_SERVER }), extraVolumes: volumes() },
      controllerManager: { extraArgs: form({ ...own.controllers, ...CONTROLLERS }) },
      scheduler: { extraArgs: form(SCHEDULER) },
      etcd: { local: { extraArgs: form(ETCD) } },
    });
  // A patch replaces a list as a whole, so what kind itself puts there is said again.
  const kinds = {
    api: { 'runtime-config': '' },
    controllers: { 'enable-hostpath-provisioner': 'true' },
  };
  return [patch('v1beta3', (args) => args, { api: {}, controllers: {} }), patch('v1beta4', asList, kinds)];
}

/** A node sees all of the machine; what it may not use is declared as the system's. */
function kubeletPatch(machine: { memMiB: number; cores: number }): string {
  const cpu = Math.max(0, machine.cores - NODE_LIMITS.cpus);
  return stringify({
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    maxPods: 64,
    // A fork bomb in one pod must not starve the API server beside it.
    podPidsLimit: NODE_LIMITS.pids / 2,
    systemReserved: {
      // The machine's size was rounded down.
      memory: `${Math.max(0, machine.memMiB + 1 - NODE_LIMITS.memMiB)}Mi`,
      ...(cpu > 0 ? { cpu: String(cpu) } : {}),
    },
  });
}

export interface ConfigOptions {
  files: ClusterFiles;
  nodes: number;
  machine: { memMiB: number; cores: number };
}

/** The configuration that kind gets. Every node mounts something of our folder: that is how it is known as ours. */
export function kindConfig({ files, nodes, machine }: ConfigOptions): string {
  const readOnly = (hostPath: string, containerPath: string) => ({ hostPath, containerPath, readOnly: true });
  const policies = [
    readOnly(files.auditPolicy, `${INSIDE}/audit.yaml`),
    readOnly(files.admission, `${INSIDE}/admission.yaml`),
  ];
  const control = [
    readOnly(files.caCert, '/etc/kubernetes/pki/ca.crt'),
    readOnly(files.caKey, '/etc/kubernetes/pki/ca.key'),
    ...policies,
    { hostPath: files.audit, containerPath: LOGS },
  ];
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    // Port -1: the engine chooses it, so that two creations never choose the same.
    networking: { apiServerAddress: '127.0.0.1', apiServerPort: -1 },
    kubeadmConfigPatches: [...clusterPatches(), kubeletPatch(machine)],
    nodes: Array.from({ length: nodes }, (_, index) =>
      index === 0
        ? { role: 'control-plane', extraMounts: control }
        : { role: 'worker', extraMounts: [policies[0]] },
    ),
  });
}

/** Only what people ask, not what clients hold open: the newest line is the learner's last activity. */
export function auditPolicy(): string {
  return stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [
      { level: 'None', users: [PROBE_USER] },
      { level: 'None', verbs: ['watch'] },
      { level: 'Metadata', userGroups: [LEARNERS, ADMINS] },
      { level: 'None' },
    ],
  });
}

/** Pods that could become root of the node are refused, unless an admin of the cluster relabels their namespace. */
export function admissionConfig(): string {
  const baseline = {
    enforce: 'baseline',
    'enforce-version': 'latest',
    warn: 'baseline',
    'warn-version': 'latest',
  };
  return stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AdmissionConfiguration',
    plugins: [
      {
        name: 'PodSecurity',
        configuration: {
          apiVersion: 'pod-security.admission.config.k8s.io/v1',
          kind: 'PodSecurityConfiguration',
          defaults: baseline,
          exemptions: { namespaces: EXEMPT_NAMESPACES },
        },
      },
    ],
  });
}
