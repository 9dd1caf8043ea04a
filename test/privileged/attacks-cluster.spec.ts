import { applyManifests } from '../../src/kube/apply.js';
import { describeWith } from '../support/capability.js';
import { within } from '../support/lab-host.js';
import { floods } from './attacks-floods.suite.js';
import { forgeries } from './attacks-forgery.suite.js';
import { rights } from './attacks-rights.suite.js';
import { silences } from './attacks-silence.suite.js';
import { ClusterRig, KindCluster, type ClusterContext } from './grading-kind.js';
import { deployment, service, V1 } from './grading-kube-objects.js';
import { kubeProbes } from './grading-kube.suite.js';
import { LabHosts } from './grading-lab-host.js';

/** One cluster for all: making one takes longer than most of what is tested on it. */
describeWith(['root', 'runc', 'ovs', 'kind'], 'grading on a real cluster', () => {
  let cluster: KindCluster;
  let hosts: LabHosts;
  const rigs: ClusterRig[] = [];
  const context: ClusterContext = {
    get cluster() {
      return cluster;
    },
    get hosts() {
      return hosts;
    },
    rig(o) {
      const rig = new ClusterRig(cluster, o);
      rigs.push(rig);
      return rig;
    },
  };

  beforeAll(async () => {
    hosts = new LabHosts();
    cluster = await KindCluster.create();
    const manifests = [deployment(2, V1), service].map((m) => JSON.stringify(m));
    await applyManifests(cluster.access, manifests, within(60_000));
  }, 240_000);

  afterAll(async () => {
    cluster?.delete();
    await hosts.remove();
  }, 60_000);

  afterEach(() => {
    for (const rig of rigs.splice(0)) rig.close();
    hosts.close();
  });

  describe('the probes of clusters', () => kubeProbes(context));
  describe('forgeries', () => forgeries(context));
  describe('attack 6: what is too much', () => floods(context));
  describe('silence', () => silences(context));
  describe('attack 11: rights taken away', () => rights(context));
});
