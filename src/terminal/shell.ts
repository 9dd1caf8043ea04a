/** The whole environment of a learner's shell: nothing of the service's own reaches it. */
export const SHELL_ENV: Readonly<Record<string, string>> = {
  TERM: 'xterm-256color',
  COLORTERM: 'truecolor',
  LANG: 'C.UTF-8',
  HOME: '/root',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  USER: 'root',
  SHELL: '/bin/bash',
};

export const SHELL_ARGV: readonly string[] = ['/bin/bash', '-l'];
