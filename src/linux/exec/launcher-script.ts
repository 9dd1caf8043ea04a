/**
 * A process of 6 MiB that starts commands for the service, whose own fork would copy the page tables of hundreds of
 * MiB: 17 ms with 350 MiB resident, and nothing else runs meanwhile; from here it takes under 1 ms.
 * Requests on 0 and answers on 1 are frames: the length (32 bits, big-endian), then fields, each with its length.
 *   run:    "run", id, cwd, limit, keep ("1": the child inherits 3), has input, input, number of variables, variables, argv
 *   kill:   "kill", id
 *   guard:  "guard", pid: a process group that must not outlive the service; "release", pid: no more
 *   answer: id, wait status or "E" and a message, output, errors, truncated
 * At the end of 0 (the service is gone) it ends what it guards, lets running commands finish, then ends. Perl, because perl-base is in every
 * Debian and its select, fork and fcntl need no module.
 */
export const LAUNCHER_SCRIPT = `
use strict;
my (%jobs, %pipes, %guarded);
my ($in, $open, $rounds) = ("", 1, 0);
$SIG{PIPE} = "IGNORE";
my $kept;
undef $kept unless open($kept, "<&=", 3);
fcntl($kept, 2, 1) if $kept;

sub answer {
  my $body = pack("(N/a*)*", @_);
  my $frame = pack("N", length $body) . $body;
  while (length $frame) {
    my $n = syswrite(STDOUT, $frame);
    exit 1 unless $n;
    substr($frame, 0, $n) = "";
  }
}

sub found {
  my ($program, $env) = @_;
  return -x $program && ! -d _ if index($program, "/") >= 0;
  return scalar grep { -x "$_/$program" && ! -d _ } split(/:/, $env->{PATH});
}

sub run {
  my ($id, $cwd, $limit, $keep, $has, $input, $count, @rest) = @_;
  my %env = map { split(/=/, $_, 2) } splice(@rest, 0, $count);
  return answer($id, "E", "spawn $rest[0] ENOENT", "", 0) unless found($rest[0], \\%env);
  my ($or, $ow, $er, $ew, $ir, $iw);
  pipe($or, $ow) && pipe($er, $ew) && (!$has || pipe($ir, $iw)) or return answer($id, "E", "pipe: $!", "", 0);
  my $pid = fork;
  return answer($id, "E", "fork: $!", "", 0) unless defined $pid;
  if ($pid == 0) {
    setpgrp(0, 0);
    if ($has) { open(STDIN, "<&", $ir) } else { open(STDIN, "<", "/dev/null") }
    open(STDERR, ">&", $ew);
    open(STDOUT, ">&", $ow);
    fcntl($kept, 2, 0) if $kept && $keep;
    $SIG{PIPE} = "DEFAULT";
    %ENV = %env;
    chdir($cwd) && exec { $rest[0] } @rest;
    print STDERR "$rest[0]: $!\\n";
    exit 127;
  }
  # Here as well as in the child: whichever is first, a kill finds the group.
  setpgrp($pid, $pid);
  close $_ for grep { $_ } $ow, $ew, $ir;
  $jobs{$id} = { pid => $pid, left => 2, limit => $limit, cut => 0, 1 => "", 2 => "" };
  $pipes{fileno $or} = [ $or, $id, 1 ];
  $pipes{fileno $er} = [ $er, $id, 2 ];
  # Inputs are small enough for a pipe's buffer; the service sees to that.
  if ($has) { syswrite($iw, $input); close $iw }
}

sub collect {
  my ($fh, $id, $which) = @{ $_[0] };
  my $job = $jobs{$id};
  my $n = sysread($fh, my $bytes, 65536);
  if ($n) {
    my $room = $job->{limit} - length $job->{$which};
    $job->{cut} = 1 if $n > $room;
    $job->{$which} .= substr($bytes, 0, $room) if $room > 0;
    return;
  }
  delete $pipes{fileno $fh};
  close $fh;
  finish($id) unless --$job->{left};
}

sub finish {
  my ($id) = @_;
  my $job = delete $jobs{$id};
  unless (defined $job->{status}) { waitpid($job->{pid}, 0); $job->{status} = $? }
  answer($id, $job->{status}, $job->{1}, $job->{2}, $job->{cut});
}

# A command may be over while a grandchild keeps its pipes: at the second look it is answered for.
sub reap {
  for my $id (keys %jobs) {
    my $job = $jobs{$id};
    if (defined $job->{status}) {
      delete $pipes{$_} for grep { $pipes{$_}[1] eq $id } keys %pipes;
      finish($id);
    } elsif (waitpid($job->{pid}, 1) > 0) { $job->{status} = $? }
  }
}

while ($open || %jobs) {
  my $r = "";
  vec($r, 0, 1) = 1 if $open;
  vec($r, $_, 1) = 1 for keys %pipes;
  my $n = select($r, undef, undef, %jobs ? 0.1 : undef);
  reap() if $n == 0 || ++$rounds % 64 == 0;
  next if $n <= 0;
  if ($open && vec($r, 0, 1)) {
    unless (sysread(STDIN, $in, 65536, length $in)) {
      $open = 0;
      kill("KILL", map { -$_ } keys %guarded);
    }
    while (length $in >= 4 && length $in >= 4 + unpack("N", $in)) {
      my ($op, @fields) = unpack("(N/a*)*", substr($in, 4, unpack("N", $in)));
      substr($in, 0, 4 + unpack("N", $in)) = "";
      if ($op eq "run") { run(@fields) }
      elsif ($op eq "guard") { $guarded{$fields[0]} = 1 }
      elsif ($op eq "release") { delete $guarded{$fields[0]} }
      elsif ($jobs{$fields[0]}) { kill("KILL", -$jobs{$fields[0]}{pid}) }
    }
  }
  for (grep { vec($r, $_, 1) } keys %pipes) { collect($pipes{$_}) if $pipes{$_} }
}
`;
