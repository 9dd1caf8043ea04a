/**
 * The web server of `outside`: tells whoever asks from which address they came. Its arguments are the port and words
 * that name it. "ready" on standard output says that it listens; from then on it holds nothing of its starter. Its
 * clients are hostile: sixteen at once, 4 KiB and five seconds each, and nothing that they sent is shown.
 */
export const OUTSIDE_SERVER = String.raw`
use strict;
use Socket;
my ($port) = @ARGV;
my $most = 16;
$SIG{PIPE} = "IGNORE";
my $server;
socket($server, PF_INET, SOCK_STREAM, 0)
  && setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1)
  && bind($server, sockaddr_in($port, INADDR_ANY))
  && listen($server, $most) or die "outside: $!\n";
syswrite(STDOUT, "ready\n");
open(STDOUT, ">", "/dev/null");
open(STDERR, ">", "/dev/null");

my %clients;

sub answer {
  my ($fh, $address) = @_;
  my $body = "Hello from outside. You come from $address.\n";
  my $head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " . length($body);
  syswrite($fh, "$head\r\n\r\n$body");
  shutdown($fh, 1);
}

while (1) {
  my $r = "";
  vec($r, fileno $server, 1) = 1 if keys %clients < $most;
  vec($r, $_, 1) = 1 for keys %clients;
  my $n = select($r, undef, undef, %clients ? 1 : undef);
  $r = "" if $n <= 0;
  for my $fd (keys %clients) {
    my $client = $clients{$fd};
    if (vec($r, $fd, 1)) {
      my $got = sysread($client->{fh}, $client->{text}, 1024, length $client->{text});
      my $whole = $client->{text} =~ /\r?\n\r?\n/ || length $client->{text} >= 4096;
      answer($client->{fh}, $client->{address}) if $got && $whole;
      delete $clients{$fd} if !$got || $whole;
    }
    delete $clients{$fd} if exists $clients{$fd} && time > $client->{until};
  }
  next unless vec($r, fileno $server, 1);
  my $from = accept(my $fh, $server) or next;
  my (undef, $address) = sockaddr_in($from);
  $clients{fileno $fh} = { fh => $fh, address => inet_ntoa($address), text => "", until => time + 5 };
}
`;

/**
 * Starts a program that outlives us, in the given control groups, and waits until it has printed "ready": arguments
 * are folders of groups, "--", and the program. The groups come first: whoever removes them ends the program, also
 * when the service was killed a moment ago; and where they are gone already, nothing is started.
 */
export const START_IN_GROUPS = String.raw`
use strict;
use POSIX ();
my @groups;
while (@ARGV) { my $word = shift @ARGV; last if $word eq "--"; push @groups, $word }
pipe(my $in, my $out) or die "pipe: $!\n";
my $pid = fork;
die "fork: $!\n" unless defined $pid;
if ($pid) {
  close $out;
  my $line = <$in>;
  exit(defined $line && $line eq "ready\n" ? 0 : 1);
}
POSIX::setsid();
for (@groups) {
  open(my $procs, ">", "$_/cgroup.procs") or die "$_: $!\n";
  defined syswrite($procs, $$) or die "$_: $!\n";
  close $procs;
}
open(STDIN, "<", "/dev/null");
open(STDOUT, ">&", $out);
opendir(my $dir, "/proc/self/fd") or die "/proc/self/fd: $!\n";
my @open = grep { /^\d+$/ && $_ > 2 } readdir $dir;
closedir $dir;
POSIX::close($_) for @open;
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";
`;
