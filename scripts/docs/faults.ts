export interface Fault {
  number: string;
  what: string;
  /** What holds when it happens. */
  holds: string;
  /** Why it is not injected, or not all of it; the command and how it was refused. */
  not?: string;
  /** It ends in an error, whose words are kept in test/golden/faults. */
  told?: true;
}

const LATER = 'later: there is no command for it yet';

/** The list that the tests are held to. Numbers are not given anew: B14, B19, B24, B41, B45, B57 and B62 are none. */
export const FAULTS: readonly Fault[] = [
  {
    number: 'B01',
    what: 'kubewright is killed (kill -9) before, in the middle of, or after any operation',
    holds:
      'the same command converges, nothing is lost, no authority is made twice; a third run changes 0 on each host',
  },
  {
    number: 'B02',
    what: 'killed in the middle of a file',
    holds: 'a file is the old one or the new one; its sha256 is verified before the rename',
  },
  {
    number: 'B03',
    what: 'a command on a host dies with its login',
    holds: 'not taken for done and not run twice by itself; the next run looks again',
    told: true,
  },
  {
    number: 'B04',
    what: 'Ctrl-C, SIGTERM, SIGHUP; once and twice',
    holds:
      'once: after the current operation, locks given back, exit 130, the line to go on with; twice: at once',
    told: true,
  },
  {
    number: 'B05',
    what: 'the SSH connection is reset',
    holds: 'made again with growing pauses; no command runs twice',
    told: true,
  },
  {
    number: 'B06',
    what: 'the SSH connection is half open',
    holds: 'noticed within 45 s',
    told: true,
  },
  {
    number: 'B07',
    what: 'a host reboots in the middle of a run',
    holds:
      'the run goes on when it is back within 20 s, or the same command does; units come back by themselves',
  },
  {
    number: 'B08',
    what: 'the power of a host is cut',
    holds: 'as B07; etcd replays its log, nothing that was acknowledged is lost',
  },
  {
    number: 'B09',
    what: 'the page cache is lost',
    holds: 'content is synced before the rename, the folder before the answer: old or new after every prefix',
    not: 'the sequence of the applier’s commands is recorded and replayed on a model of a disk; a file system that loses writes was not tried',
  },
  {
    number: 'B10',
    what: 'everything of kubewright on the operator’s machine is lost',
    holds: 'what decides is on the hosts: the same command finds the cluster',
  },
  {
    number: 'B11',
    what: 'two runs at once on the same hosts',
    holds: 'one wins, the other is told who works there and for how long; one CA',
    told: true,
  },
  {
    number: 'B12',
    what: 'a run is paused for longer than its lock lasts',
    holds: 'it changes nothing more: its epoch is refused',
    told: true,
  },
  {
    number: 'B13',
    what: 'the lock of a run that was killed',
    holds: 'broken after its time, at once on the same machine, and that is said',
    told: true,
  },
  {
    number: 'B15',
    what: 'sudo refuses, wants a password, wants a terminal',
    holds: 'refused with its words before anything is changed; of a new cluster on any host',
    told: true,
  },
  {
    number: 'B16',
    what: 'the host key is unknown, another one, or another one in the middle of a run',
    holds: 'refused with both fingerprints, nothing is sent; a new one only with --accept-new-host-keys',
    told: true,
  },
  {
    number: 'B17',
    what: 'SSH servers and logins with quirks: MaxSessions 1, MaxStartups, talking .bashrc, other shells, no SFTP, noexec /tmp, IPv6, jump hosts',
    holds: 'works',
    not: 'fish, zsh, tcsh and ksh are tried where they are installed: `which fish zsh tcsh ksh` found none here',
  },
  {
    number: 'B18',
    what: 'a disk is full',
    holds: 'told with path and bytes, before or during; nothing torn; with room the same command goes on',
    told: true,
  },
  {
    number: 'B20',
    what: 'a file system is read-only, or answers EIO',
    holds:
      'the operation fails with the words of the system, the file is the old one, nothing after it is begun',
    not: 'EIO is said by a stand-in for sync: `dmsetup create kw-eio --table "0 8 error"` → /dev/mapper/control: open failed: No such device',
    told: true,
  },
  {
    number: 'B21',
    what: 'a port is taken: 6443, 2379, 2380, 10250, 10257, 10259',
    holds: 'refused with process and pid; a component of ours on its own port is none',
    told: true,
  },
  {
    number: 'B22',
    what: 'clocks that are off',
    holds: 'refused beyond 60 s, the one that is off is named; certificates hold from five minutes before',
    told: true,
  },
  {
    number: 'B23',
    what: 'swap is on',
    holds: 'refused, unless the kubelet is told to take it',
    not: 'hosts of one kernel share /proc/swaps: what facts say is made up',
    told: true,
  },
  {
    number: 'B25',
    what: 'a kernel parameter is wrong, read-only, or undone by a boot',
    holds: 'set and verified, or told; the next run sets it again',
    told: true,
  },
  {
    number: 'B26',
    what: 'cgroup v1, another cgroup driver',
    holds: 'refused as the kubelet would, accepted by name; containerd and kubelet get one driver',
    told: true,
  },
  {
    number: 'B27',
    what: 'hostname or machine-id of another host',
    holds: 'refused before the second one joins; no Node is overwritten',
    not: 'product_uuid is not compared: nothing of Kubernetes goes by it',
    told: true,
  },
  {
    number: 'B28',
    what: 'hostile and odd host names',
    holds: 'refused; no name ever comes to a shell',
    told: true,
  },
  {
    number: 'B29',
    what: 'the address of a host changed',
    holds:
      'its certificates are issued anew for it; a recorded address stays until the file names another; `status` names the cause',
  },
  {
    number: 'B30',
    what: 'many networks, no default route',
    holds: 'the address by which the host is reached, or a question; never a guess',
    told: true,
  },
  {
    number: 'B31',
    what: 'what another cluster left on a host',
    holds: 'refused with its name; after reset the host is ours',
    told: true,
  },
  {
    number: 'B32',
    what: 'a worker that joined by half',
    holds: 'the same command finishes it; one Node',
  },
  {
    number: 'B33',
    what: 'a control plane that joined by half: its member of etcd was added, its host may be gone for ever',
    holds: 'finished, or taken out by the next run; members are hosts',
    told: true,
  },
  {
    number: 'B34',
    what: 'a control plane dies while another host joins',
    holds: 'told, or another one is used; the same command goes on',
    told: true,
  },
  {
    number: 'B35',
    what: 'a token that expired, was deleted, or is another cluster’s',
    holds: 'told, with how to get a new one; no token outlives its use',
    told: true,
  },
  {
    number: 'B36',
    what: 'a wrong hash of the CA',
    holds: 'ends before the token is sent',
    told: true,
  },
  {
    number: 'B37',
    what: 'a server that lies about the cluster',
    holds: 'refused in every variant, the token is not sent',
    told: true,
  },
  {
    number: 'B38',
    what: 'the key of uploaded certificates is wrong or too old',
    holds: 'there are no uploaded certificates: keys travel over SSH, no object holds them',
  },
  {
    number: 'B39',
    what: 'certificates expired',
    holds: 'leaves are issued anew by init and join',
    not: `\`certs renew\` with an API server that is down: ${LATER}`,
  },
  { number: 'B40', what: 'the CA expired, or its rotation is killed', holds: '', not: LATER },
  {
    number: 'B42',
    what: 'etcd lost its majority',
    holds: 'told, with who is down and what helps; nobody comes back stale',
    told: true,
  },
  { number: 'B43', what: 'a member of etcd is replaced under its name', holds: 'the old one goes first' },
  { number: 'B44', what: 'etcd’s files are damaged', holds: '', not: LATER },
  { number: 'B46', what: 'restore is killed', holds: '', not: LATER },
  { number: 'B47', what: 'backup is killed, or its disk is full', holds: '', not: LATER },
  { number: 'B48', what: 'etcd’s space alarm', holds: '', not: LATER },
  { number: 'B49', what: 'upgrade is killed', holds: '', not: LATER },
  { number: 'B50', what: 'versions that may not run beside each other', holds: '', not: LATER },
  { number: 'B51', what: 'a new version that does not run', holds: '', not: LATER },
  {
    number: 'B52',
    what: 'containerd is dead, stopped, or does not serve CRI',
    holds: 'restarted, or told in its time',
    told: true,
  },
  {
    number: 'B53',
    what: 'the kubelet does not start',
    holds: 'told within seconds, with its last 20 complaints',
    told: true,
  },
  {
    number: 'B54',
    what: 'a manifest torn by hand, a copy beside the manifests',
    holds: 'mended; copies are named by `status`',
  },
  {
    number: 'B55',
    what: 'a bad artifact: digest, cut, `../`, wrong architecture, HTML, bomb',
    holds: 'refused before it is used; hosts stay as they are',
    told: true,
  },
  {
    number: 'B56',
    what: 'a transfer stalls, is cut, or a bit flips',
    holds: 'taken up again, a bounded number of times; what arrives has its digest',
  },
  { number: 'B58', what: 'a slow host, a slow way', holds: 'only slow; progress is shown' },
  {
    number: 'B59',
    what: 'many hosts, of which some fail',
    holds: 'the others are done, each failure has its reason, the next run touches those alone; below 300 MB',
    told: true,
  },
  {
    number: 'B60',
    what: 'hostile output: a gigabyte, NUL, bad UTF-8, escape sequences',
    holds: 'bounded memory, escaped',
  },
  {
    number: 'B61',
    what: 'reset of a host that is half dead',
    holds: 'ends; a peer takes the member out; nothing stays',
    told: true,
  },
  {
    number: 'B63',
    what: 'a firewall between two hosts',
    holds: 'the pair is named before anything is changed',
    told: true,
  },
];
