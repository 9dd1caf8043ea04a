import type { Command } from './command.js';

/** Every command of `wheelhouse`, in the order of its usage text. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'doctor',
    usage: '[--json] [--fix]',
    about: [
      'what this machine can run, as text; --json for programs;',
      '--fix raises limits of the kernel until the next reboot',
    ],
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
  {
    name: 'key create',
    usage: '<name> <scope…>',
    about: [
      'an API key for a platform; scopes: sandboxes:read sandboxes:write users:write',
      'labs:read events:read admin',
    ],
    load: async () => (await import('./key-create.js')).keyCreate,
  },
  {
    name: 'lab lint',
    usage: '<folder…>',
    about: ['checks lab folders: file, line and column of what is wrong'],
    load: async () => (await import('./lab-lint.js')).labLint,
  },
  {
    name: 'uninstall',
    usage: '',
    about: ['removes all that Wheelhouse put on the machine, packages apart'],
    load: async () => (await import('./uninstall.js')).uninstallCommand,
  },
];
