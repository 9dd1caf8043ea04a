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
    name: 'lab new',
    usage: '<folder> [--kind network|kubernetes] [--locales fr,en]',
    about: ['a lab to begin with: sound, and passed by its own solution'],
    load: async () => (await import('./lab-new.js')).labNew,
  },
  {
    name: 'lab lint',
    usage: '<folder…>',
    about: ['checks lab folders: file, line and column of what is wrong'],
    load: async () => (await import('./lab-lint.js')).labLint,
  },
  {
    name: 'lab test',
    usage: '<folder…> [--keep] [--individualise] [--json] [--patience 60s]',
    about: [
      'types solution.sh into a real sandbox, of a service of its own, and checks the points it states;',
      '--keep leaves the sandbox to look at until ctrl-c; --individualise draws the parameters; --json for',
      'programs; --patience is how long points may take. Exit status: 0 all as stated, 1 a lab is not, 2 it cannot be tried here',
    ],
    load: async () => (await import('./lab-test.js')).labTest,
  },
  {
    name: 'lab replay',
    usage: '<run> [--lab <folder or version>] [--json]',
    about: [
      'folds what a run saw once more, with its own lab or another version of it, and prints what comes out',
      'otherwise; a run has the id of its sandbox. Exit status: 0 identical, 1 differs, 2 it cannot be folded',
    ],
    load: async () => (await import('./lab-replay.js')).labReplay,
  },
  {
    name: 'lab import',
    usage: 'killercoda|kathara <folder> <new folder> [--locale en]',
    about: [
      'a lab from a KillerCoda scenario or a Kathará lab, and the list of what could not be translated',
    ],
    load: async () => (await import('./lab-import.js')).labImport,
  },
  {
    name: 'uninstall',
    usage: '',
    about: ['removes all that Wheelhouse put on the machine, packages apart'],
    load: async () => (await import('./uninstall.js')).uninstallCommand,
  },
];
