// What systemd does with a socket unit with Accept=yes: a process of NAME@.service for each connection, which is its
// stdin and stdout, as a user without rights where DynamicUser says so. Reads both unit files and refuses what it does
// not know in them. inetd.mjs SOCKET-UNIT STATE-FOLDER
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';

const KNOWN = {
  Unit: ['Description', 'CollectMode'],
  Socket: ['ListenStream', 'Accept', 'MaxConnections'],
  Service: [
    ...[
      'ExecStart',
      'StandardInput',
      'StandardOutput',
      'StandardError',
      'RuntimeMaxSec',
      'DynamicUser',
      'User',
    ],
    ...['ProtectSystem', 'ProtectHome', 'PrivateDevices', 'NoNewPrivileges', 'CapabilityBoundingSet'],
    ...['RestrictAddressFamilies', 'MemoryMax', 'TasksMax'],
  ],
};

function unit(path) {
  const values = {};
  let section;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[(\w+)\]$/.exec(line);
    if (header) section = header[1];
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (!header && !KNOWN[section]?.includes(name)) throw new Error(`${path}: not known: ${line}`);
    if (name) values[name] = value;
  }
  return values;
}

const [path, state] = process.argv.slice(2);
const name = basename(path, '.socket');
const socket = unit(path);
const service = unit(path.replace(/\.socket$/, '@.service'));
const [, host, port] = /^\[?([\da-f.:]+?)\]?:(\d+)$/.exec(socket.ListenStream);
if (socket.Accept !== 'yes' || service.StandardInput !== 'socket' || service.StandardOutput !== 'socket')
  throw new Error('only inetd-style units are done here');

let count = 0;
const running = new Set();
const rights = ['setpriv', '--reuid=61184', '--regid=61184', '--clear-groups', '--no-new-privs'];
const server = createServer({ pauseOnConnect: true, noDelay: true }, (connection) => {
  if (running.size >= Number(socket.MaxConnections)) return connection.destroy();
  const [command, ...words] = [
    ...(service.DynamicUser === 'yes' ? rights : []),
    ...service.ExecStart.split(' '),
  ];
  const child = spawn(command, words, {
    stdio: [connection, connection, 'ignore'],
    env: { PATH: process.env.PATH },
  });
  const pid = `${state}/${name}@${count++}.service.pid`;
  writeFileSync(pid, `${child.pid}\n`);
  running.add(child);
  const limit = setTimeout(() => child.kill(), Number(service.RuntimeMaxSec) * 1000);
  child.once('exit', () => {
    clearTimeout(limit);
    running.delete(child);
    rmSync(pid, { force: true });
  });
  connection.destroy();
});
server.once('error', (error) => {
  writeFileSync(`${state}/${name}.socket.failed`, `${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), host, () => writeFileSync(`${state}/${name}.socket.pid`, `${process.pid}\n`));
// systemd lets connections go on that are being served.
process.once('SIGTERM', () => server.close());
