/**
 * Waits for connections on a port of the namespace that it runs in. Arguments: address family (4 or 6), port, the line
 * to answer with, most connections. Prints "occupied" and ends, or "listening"; then for each connection that sent a
 * line "from <address> <what it sent, hex>". It ends when it is killed.
 */
export const LISTEN = String.raw`
use strict;
use Socket qw(:DEFAULT inet_pton inet_ntop pack_sockaddr_in6 unpack_sockaddr_in6 IN6ADDR_ANY);
$| = 1;
$SIG{PIPE} = "IGNORE";
my ($family, $port, $answer, $most) = @ARGV;
my $six = $family == 6;
socket(my $server, $six ? AF_INET6 : AF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1) or die "setsockopt: $!\n";
my $any = $six ? pack_sockaddr_in6($port, IN6ADDR_ANY) : pack_sockaddr_in($port, INADDR_ANY);
unless (bind($server, $any) && listen($server, $most)) {
  die "bind: $!\n" unless $! == 98; # EADDRINUSE
  print "occupied\n";
  exit 0;
}
print "listening\n";
my (%clients, $accepted);
while (1) {
  my $r = "";
  vec($r, fileno $server, 1) = 1 if $accepted < $most;
  vec($r, $_, 1) = 1 for keys %clients;
  next if select($r, undef, undef, undef) <= 0;
  for my $fd (keys %clients) {
    next unless vec($r, $fd, 1);
    my $client = $clients{$fd};
    my $got = sysread($client->{fh}, $client->{text}, 256, length $client->{text});
    next if $got && $client->{text} !~ /\n/ && length $client->{text} < 256;
    print "from $client->{address} ", unpack("H*", $client->{text}), "\n";
    syswrite($client->{fh}, "$answer\n") if $got;
    delete $clients{$fd};
  }
  next unless $accepted < $most && vec($r, fileno $server, 1);
  my $from = accept(my $fh, $server) or next;
  $accepted++;
  my (undef, $address) = $six ? unpack_sockaddr_in6($from) : unpack_sockaddr_in($from);
  $address = inet_ntop($six ? AF_INET6 : AF_INET, $address);
  $clients{fileno $fh} = { fh => $fh, address => $address, text => "" };
}
`;

/**
 * Connects from the namespace that it runs in. Arguments: address family, address, port, seconds in all, text to send or
 * nothing, "1" to wait for an answer. Prints "connected" and, where one came, "answer <hex>"; or "failed <why>".
 */
export const DIAL = String.raw`
use strict;
use Socket qw(:DEFAULT inet_pton inet_ntop pack_sockaddr_in6 unpack_sockaddr_in6 IN6ADDR_ANY);
$| = 1;
$SIG{PIPE} = "IGNORE";
my ($family, $address, $port, $seconds, $text, $wait) = @ARGV;
my $af = $family == 6 ? AF_INET6 : AF_INET;
my $packed = inet_pton($af, $address) or die "$address is no address\n";
my $to = $family == 6 ? pack_sockaddr_in6($port, $packed) : pack_sockaddr_in($port, $packed);
my $connected = 0;
$SIG{ALRM} = sub { print "failed timeout\n" unless $connected; exit 0 };
alarm $seconds;
socket(my $fh, $af, SOCK_STREAM, 0) or die "socket: $!\n";
unless (connect($fh, $to)) { print "failed $!\n"; exit 0 }
$connected = 1;
print "connected\n";
exit 0 if $text eq "";
syswrite($fh, $text);
my $answer = "";
if ($wait) {
  1 while $answer !~ /\n/ && length $answer < 256 && sysread($fh, $answer, 256, length $answer);
  print "answer ", unpack("H*", $answer), "\n";
}
`;
