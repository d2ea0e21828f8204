/** One claim about a command, which the stub (sim tier) and the real command (lab tier) both have to fulfil. */
export interface StubCase {
  name: string;
  argv: readonly string[];
  exit: number;
  stdout?: RegExp;
  stderr?: RegExp;
}

/** A unit file to put at /etc/systemd/system/kw-contract.service before the cases, which are run in order. */
export const CONTRACT_UNIT = {
  name: 'kw-contract.service',
  text: '[Service]\nType=simple\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n',
};

const unit = CONTRACT_UNIT.name;
const properties = ['-p', 'Id', '-p', 'LoadState', '-p', 'ActiveState', '-p', 'UnitFileState'];
const state = (load: string, active: string, enabled: string): RegExp =>
  new RegExp(
    `(?=[\\s\\S]*LoadState=${load}\n)(?=[\\s\\S]*ActiveState=${active}\n)(?=[\\s\\S]*UnitFileState=${enabled}\n)`,
  );

export const STUB_CONTRACT: readonly StubCase[] = [
  { name: 'reload takes no unit', argv: ['systemctl', 'daemon-reload'], exit: 0 },
  {
    name: 'a unit that is not there',
    argv: ['systemctl', 'show', ...properties, '--', 'kw-nowhere.service'],
    exit: 0,
    stdout: state('not-found', 'inactive', ''),
  },
  {
    name: 'starting a unit that is not there',
    argv: ['systemctl', 'start', '--', 'kw-nowhere.service'],
    exit: 5,
    stderr: /not found/,
  },
  {
    name: 'enabling a unit that is not there',
    argv: ['systemctl', 'enable', '--now', '--', 'kw-nowhere.service'],
    exit: 1,
    stderr: /kw-nowhere/,
  },
  {
    name: 'status of a unit that is not there',
    argv: ['systemctl', 'status', '--no-pager', '-l', '-n', '20', '--', 'kw-nowhere.service'],
    exit: 4,
  },
  {
    name: 'a new unit is off',
    argv: ['systemctl', 'show', ...properties, '--', unit],
    exit: 0,
    stdout: state('loaded', 'inactive', 'disabled'),
  },
  { name: 'enable starts', argv: ['systemctl', 'enable', '--now', '--', unit], exit: 0 },
  {
    name: 'it is on',
    argv: ['systemctl', 'show', ...properties, '--', unit],
    exit: 0,
    stdout: new RegExp(`(?=[\\s\\S]*Id=${unit}\n)${state('loaded', 'active', 'enabled').source}`),
  },
  {
    name: 'it knows since when, and that its file did not change',
    argv: ['systemctl', 'show', '-p', 'ActiveEnterTimestampMonotonic,NeedDaemonReload', unit],
    exit: 0,
    stdout: /(?=[\s\S]*ActiveEnterTimestampMonotonic=[1-9]\d+\n)(?=[\s\S]*NeedDaemonReload=no\n)/,
  },
  { name: 'restart', argv: ['systemctl', 'restart', '--', unit], exit: 0 },
  {
    name: 'status of a running unit',
    argv: ['systemctl', 'status', '--no-pager', '-l', '-n', '20', '--', unit],
    exit: 0,
    stdout: /Active: active/,
  },
  { name: 'disable stops', argv: ['systemctl', 'disable', '--now', '--', unit], exit: 0 },
  {
    name: 'status of a stopped unit',
    argv: ['systemctl', 'status', '--no-pager', '-l', '-n', '20', '--', unit],
    exit: 3,
    stdout: /Active: inactive/,
  },
  {
    name: 'two units, a block each',
    argv: ['systemctl', 'show', ...properties, '--', unit, 'kw-nowhere.service'],
    exit: 0,
    stdout: /LoadState=loaded\n[\s\S]*\n\n[\s\S]*LoadState=not-found\n/,
  },
  {
    name: 'an image that is not there',
    argv: ['ctr', '-n', 'k8s.io', 'images', 'ls', '-q', 'name==example.org/nothing:1'],
    exit: 0,
    stdout: /^$/,
  },
  {
    name: 'the columns of the list',
    argv: ['ctr', '--connect-timeout', '2s', '-n', 'k8s.io', 'images', 'ls'],
    exit: 0,
    stdout: /^REF\s+TYPE\s+DIGEST\s+SIZE\s+PLATFORMS\s+LABELS/,
  },
];
