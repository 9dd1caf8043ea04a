import { HostProber } from '../../src/grading/probes/host-prober.js';
import { SandboxProber } from '../../src/grading/probes/sandbox-prober.js';
import { readLabFolder } from '../../src/labs/lab-folder.js';
import { loadLab } from '../../src/labs/lab-loader.js';
import { labSpecSchema } from '../../src/labs/lab-spec.js';
import { prepareLab, type PreparedLab } from '../../src/labs/prepared-lab.js';
import { HostHandle } from '../../src/linux/netns/host-handle.js';
import { SandboxNetwork } from '../../src/linux/netns/sandbox-network.js';
import { makeOciLab, provision, type OciLab } from '../support/lab-host.js';
import { GradingRig, type RigLab } from './grading-rig.js';

/** The wiring of the course's lab, all but the switch. */
export const WIRE = `
set -e
ip netns add red; ip netns add green
ip link add eth0-r type veth peer name veth-r; ip link set eth0-r netns red
ip link add eth0-g type veth peer name veth-g; ip link set eth0-g netns green
ip link set veth-r up; ip link set veth-g up
ip -n red link set lo up; ip -n red link set eth0-r up; ip -n red addr add 10.0.0.1/24 dev eth0-r
ip -n green link set eth0-g up; ip -n green addr add 10.0.0.2/24 dev eth0-g
`;
export const SWITCH =
  'ovs-vsctl add-br ovs1 && ovs-vsctl add-port ovs1 veth-r && ovs-vsctl add-port ovs1 veth-g';

/** The course's lab on networks, with what a test adds to it. */
export async function netLab(more: Partial<RigLab> = {}): Promise<PreparedLab> {
  const loaded = loadLab('net-ovs-two-namespaces', await readLabFolder('labs/net-ovs-two-namespaces'));
  if (!loaded.ok) throw new Error('the lab does not load');
  const { raw } = loaded as unknown as { raw: { observe: object; objectives: object[] } };
  const added = (more.objectives ?? []).map((o) => ({ title: { fr: 'x', en: 'x' }, weight: 1, ...o }));
  return prepareLab(
    labSpecSchema.parse({
      ...raw,
      observe: { ...raw.observe, ...more.observe },
      objectives: [...raw.objectives, ...added],
    }),
  );
}

export interface GradedHost {
  id: string;
  initPid: number;
  handle: HostHandle;
  prober: HostProber;
  /** A command of the learner's; its standard output. */
  inside(command: string): Promise<string>;
  /** Grades it by that lab from now on. */
  grade(lab: PreparedLab): GradingRig;
}

/** Real lab hosts of one installation. */
export class LabHosts {
  readonly oci: OciLab = makeOciLab();
  private slot = 0;
  private readonly open: { close(): void }[] = [];

  async start(): Promise<GradedHost> {
    const id = `atk${this.slot}`;
    const facts = await provision(this.oci.driver, id, {
      slot: this.slot++,
      requires: ['netns', 'ovs', 'nft'],
    });
    const initPid = Number(facts['initPid']);
    const handle = HostHandle.open(initPid);
    const network = new SandboxNetwork(handle, { now: () => performance.now() });
    const prober = new HostProber({ handle, network });
    this.open.push(prober);
    return {
      id,
      initPid,
      handle,
      prober,
      inside: (command) => this.oci.inside(id, command),
      grade: (lab) => {
        const rig = new GradingRig(lab, new SandboxProber(prober));
        this.open.push(rig);
        return rig;
      },
    };
  }

  /** Lets go of what was started since the last time; the lab hosts stay until `remove`. */
  close(): void {
    for (const each of this.open.splice(0).toReversed()) each.close();
  }

  async remove(): Promise<void> {
    this.close();
    await this.oci.remove();
  }
}
