import { clearToasts, toast } from './announce.js';
import { Countdown } from './countdown.js';
import { byId, setText } from './dom.js';
import { language, t } from './i18n.js';
import { showInstructions } from './instructions.js';
import { bindActions, showHand } from './lab-actions.js';
import { Objectives, percentOf } from './objectives.js';
import { SandboxWatch } from './sandbox-watch.js';
import { TerminalTabs } from './terminal-tabs.js';
import { showWaiting } from './waiting.js';

const RUNNING = new Set(['ready', 'paused']);
const ENDED = new Set(['releasing', 'released', 'failed']);

/** The lab that is open: instructions, terminals, objectives and the buttons of the bar. */
export class Workspace {
  #stop = new AbortController();
  #countdown;
  /** As it was last seen. */
  sandbox;
  #lab;
  /** The sandbox whose values the texts have, once there is one. */
  #labOf;

  /**
   * @param {object} o
   * @param {import('./api.js').Api} o.api
   * @param {string} o.slug
   * @param {import('./link-state.js').LinkState} o.link
   * @param {(view: 'waiting' | 'workspace') => void} o.onView
   * @param {(ended: {failure: any, percent: number | null}) => void} o.onEnded
   */
  constructor(o) {
    this.o = o;
    this.#countdown = new Countdown(() => Date.now() + o.api.skewMs);
    bindActions(this, this.#stop.signal);
  }

  /** @param {any} [sandbox] the one that lives already; else one is asked for */
  async open(sandbox) {
    clearToasts();
    this.sandbox = sandbox;
    if (!sandbox) {
      showWaiting(undefined);
      this.o.onView('waiting');
    }
    const [found] = await Promise.all([
      sandbox ?? this.o.api.post('/v1/sandboxes', { lab: this.o.slug }),
      this.loadLab(),
    ]);
    this.follow(found);
  }

  /** Everything of the lab that depends on the language. */
  async loadLab() {
    const id = this.sandbox?.id;
    const path = id === undefined ? `/v1/labs/${this.o.slug}` : `/v1/sandboxes/${id}/lab`;
    this.#lab = await this.o.api.get(`${path}?locale=${language()}`);
    this.#labOf = id;
    setText(byId('lab-title'), this.#lab.title);
    document.title = `${this.#lab.title} · Wheelhouse`;
    byId('instructions-body').lang = this.#lab.locale;
    showInstructions(this.#lab.instructionsHtml);
    this.objectives?.setTitles(this.#lab.objectives);
  }

  close() {
    this.#stop.abort();
    this.#countdown.stop();
    this.leave();
  }

  /** From now on this sandbox is the one. */
  follow(sandbox) {
    if (this.#stop.signal.aborted) return;
    this.leave();
    this.sandbox = sandbox;
    this.watch = new SandboxWatch({
      api: this.o.api,
      sandbox,
      onChange: (seen) => this.#changed(seen),
      onWarning: (warning) => this.#warn(warning),
      onMessage: ({ from, text }) =>
        toast(t('messageFrom', { from: from || t('instructor'), text }), 'message'),
      onLink: (live) => this.o.link.set('events', live),
    });
  }

  #changed(sandbox) {
    this.sandbox = sandbox;
    if (RUNNING.has(sandbox.state)) this.#run(sandbox);
    else if (ENDED.has(sandbox.state)) this.#over(sandbox);
    else {
      showWaiting(sandbox.queue);
      this.o.onView('waiting');
    }
  }

  #run({ id, expiresAt, handRaisedAt }) {
    this.#countdown.set(expiresAt);
    showHand(handRaisedAt !== null);
    if (this.terminals) return;
    this.o.onView('workspace');
    const { api, link } = this.o;
    const onProgressLink = (live) => link.set('progress', live);
    this.objectives = new Objectives({ api, sandboxId: id, onLink: onProgressLink });
    this.objectives.setTitles(this.#lab.objectives);
    this.objectives.start();
    // Its parameters may be its own, and its version an older one.
    if (this.#labOf !== id) this.loadLab().catch((error) => toast(error.message, 'error'));
    this.terminals = new TerminalTabs({ api, sandboxId: id, onLink: (name, live) => link.set(name, live) });
    this.terminals
      .open()
      .then(() => this.terminals?.focus())
      .catch((error) => toast(error.message, 'error'));
  }

  /** The end of the time is said by the countdown; idleness only the service knows. */
  #warn({ reason, inSeconds }) {
    if (reason === 'idle') toast(t('idleSoon', { n: Math.max(1, Math.round(inSeconds / 60)) }), 'error');
  }

  #over({ failure }) {
    const percent = this.objectives?.progress ? percentOf(this.objectives.progress.score) : null;
    this.close();
    this.o.onEnded({ failure, percent });
  }

  /** Lets go of the sandbox, but not of the lab. */
  leave() {
    this.watch?.close();
    this.objectives?.close();
    this.terminals?.close();
    this.watch = this.objectives = this.terminals = undefined;
    this.o.link.forget();
  }
}
