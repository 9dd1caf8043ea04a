/**
 * Runs in the new session, between setsid and the command, with the terminal on 0, 1 and 2. Closes every other
 * descriptor: node-pty's masters are not close-on-exec, and a shell that holds the master of a neighbour could read it
 * and would keep it from hanging up. Perl, because it is in every Debian (perl-base is essential) and a POSIX shell
 * cannot close descriptors above 9.
 */
const SCRIPT = `
opendir(my $dir, "/proc/self/fd") or die "wheelhouse: /proc/self/fd: $!\\r\\n";
my @open = grep { /^\\d+$/ && $_ > 2 } readdir $dir;
closedir $dir;
for (@open) { open(my $h, "+<&=", $_) and close $h }
exec { $ARGV[0] } @ARGV;
print STDERR "wheelhouse: cannot start $ARGV[0]: $!\\r\\n";
exit 127;
`;

/** Program and arguments that start `argv` as leader of a new session on the terminal that is its standard input. */
export function wrapCommand(argv: string[]): { file: string; args: string[] } {
  return { file: '/usr/bin/setsid', args: ['-c', '-w', '/usr/bin/perl', '-e', SCRIPT, '--', ...argv] };
}
