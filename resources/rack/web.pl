# The rack's web service: one page that names its server. Perl because it listens 10 ms after
# its start, five times sooner than Node; web.mjs does the same where there is no Perl.
# Returns to the caller only once it listens, as an init script should.
use strict;
use warnings;
use Socket;
use POSIX ();

my ($pidfile) = @ARGV;
my $host = (POSIX::uname())[1];

socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
bind($listener, sockaddr_in(80, INADDR_ANY)) or die "port 80: $!\n";
listen($listener, 128) or die "listen: $!\n";

my $pid = fork() // die "fork: $!\n";
if ($pid) {
  open(my $out, '>', $pidfile) or die "$pidfile: $!\n";
  print $out "$pid\n";
  close $out;
  POSIX::_exit(0);
}
POSIX::setsid();
chdir '/';
open(STDIN, '<', '/dev/null');
open(STDOUT, '>', '/dev/null');
open(STDERR, '>', '/dev/null');
$SIG{PIPE} = 'IGNORE';

my $body = "$host\nThis page is served by $host.\n";
my $reply = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
  . length($body) . "\r\nX-Twinbeat-Node: $host\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n$body";

# One loop for all clients: a client that connects and says nothing must not hold up the others.
my %clients;
my $clients_max = 256;
for (;;) {
  my $wanted = '';
  vec($wanted, fileno($listener), 1) = 1;
  vec($wanted, $_, 1) = 1 for keys %clients;
  my $found = select(my $ready = $wanted, undef, undef, 1);
  next if $found < 0;
  if (vec($ready, fileno($listener), 1) && accept(my $client, $listener)) {
    $clients{ fileno($client) } = [ $client, '', time ];
  }
  for my $fd (keys %clients) {
    my ($client, undef, $since) = @{ $clients{$fd} };
    if (vec($ready, $fd, 1)) {
      my $got = sysread($client, $clients{$fd}[1], 4096, length $clients{$fd}[1]);
      my $whole = $clients{$fd}[1] =~ /\r?\n\r?\n/;
      next if $got && !$whole && length $clients{$fd}[1] < 16384;
      if ($whole) {
        syswrite($client, $clients{$fd}[1] =~ /^HEAD / ? substr($reply, 0, -length $body) : $reply);
        shutdown($client, 1);
      }
      delete $clients{$fd};
    }
    elsif (time - $since > 5 || keys %clients > $clients_max) {
      delete $clients{$fd};
    }
  }
}
