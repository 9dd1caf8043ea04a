import { ConfigError, loadConfig } from './app-config.js';

const root = { cwd: '/srv/x', isRoot: true };

describe('the configuration', () => {
  it('keeps state below /var/lib as root and beside the checkout otherwise', () => {
    expect(loadConfig({}, root).stateDir).toBe('/var/lib/wheelhouse');
    expect(loadConfig({}, { ...root, isRoot: false }).stateDir).toBe('/srv/x/.wheelhouse');
  });

  it('names the variable that is wrong, and not its value', () => {
    const wrong = () => loadConfig({ WHEELHOUSE_IDLE_TTL: 'hunter2' }, root);
    expect(wrong).toThrow(/WHEELHOUSE_IDLE_TTL: must be a duration/);
    expect(wrong).not.toThrow(/hunter2/);
  });

  it('refuses variables that it does not know', () => {
    expect(() => loadConfig({ WHEELHOUSE_IDEL_TTL: '5m' }, root)).toThrow(ConfigError);
  });

  it('wants a secret of the operator on any address but loopback', () => {
    expect(() => loadConfig({ HOST: '0.0.0.0' }, root)).toThrow(/WHEELHOUSE_SECRET/);
    expect(loadConfig({ HOST: '0.0.0.0', WHEELHOUSE_SECRET: 'x'.repeat(32) }, root).host).toBe('0.0.0.0');
  });

  it('allows what is for tests on loopback only, and never in production', () => {
    const env = { WHEELHOUSE_PTY_LOCAL: 'true' };
    expect(loadConfig(env, root).ptyLocal).toBe(true);
    expect(() => loadConfig({ ...env, NODE_ENV: 'production' }, root)).toThrow(/tests/);
    expect(() => loadConfig({ ...env, HOST: '::', WHEELHOUSE_SECRET: 'x'.repeat(32) }, root)).toThrow(
      /tests/,
    );
  });
});
