import { expect, it } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { expectRefusal } from '../support/cli.ts';
import { HOST, on, type Place, reset, says, unchanged } from './place.ts';

const BIN = '/usr/local/bin';
const phase = ['phase', 'init', 'runtime', HOST];

export function refusesRoom(place: Place): void {
  const { cli } = place;

  it('B21: ports and routes that are taken are found all at once, each with who has it', async () => {
    const hold = (port: number) =>
      `systemd-run --unit=kw-hold-${port} --quiet --collect socat TCP-LISTEN:${port},fork,reuseaddr SYSTEM:true`;
    await on(place, `${hold(6443)}; ${hold(10250)}; ip route add 10.200.0.0/16 dev host0`);
    try {
      await on(
        place,
        "for i in $(seq 50); do [ $(ss -Hltn | grep -cE ':(6443|10250) ') = 2 ] && exit; sleep 0.1; done; exit 1",
      );
      const pids = (await on(place, 'systemctl show -p MainPID --value kw-hold-6443 kw-hold-10250')).match(
        /\d+/g,
      );
      const outcome = await unchanged(place, () => cli.run(['init', HOST, '--pod-subnet', '10.200.0.0/14']));
      expectRefusal(
        outcome,
        EXIT.preflight,
        'nothing was changed',
        'Port-6443',
        'Port-10250',
        'SubnetOverlap',
      );
      for (const pid of pids ?? []) expect(outcome.stderr).toContain(`socat (pid ${pid})`);
      expect(pids).toHaveLength(2);
      expect(outcome.stderr).toContain("10.200.0.0/14 overlaps the host's route 10.200.0.0/16");
      expect(outcome.stderr).toMatch(/--ignore-preflight-errors Port-6443,\S*SubnetOverlap/);
    } finally {
      await on(place, 'systemctl stop kw-hold-6443 kw-hold-10250; ip route del 10.200.0.0/16 dev host0');
    }
  });

  it('a pod subnet that holds the address of the host is refused', async () => {
    const { address } = await place.host();
    const subnet = address.replace(/\.\d+\.\d+$/, '.0.0/16');
    const outcome = await unchanged(place, () => cli.run(['init', HOST, '--pod-subnet', subnet]));
    expectRefusal(outcome, EXIT.invalidInput, subnet, address, HOST, 'nothing was changed');
  });

  it('B18: a disk that is too small is told before the upload, with path and bytes', async () => {
    await on(place, `mount -t tmpfs -o size=20m tmpfs ${BIN}`);
    try {
      const outcome = await cli.run(phase);
      expectRefusal(
        outcome,
        EXIT.diskFull,
        /\/usr\/local\/bin\/\w+: \d{8} bytes needed, \d+ bytes free/,
        'run the same command again',
      );
      expect(await on(place, `ls -A ${BIN}`)).toBe('');
    } finally {
      await on(place, `umount ${BIN}`);
    }
  });

  it('B18: a disk that fills up in the middle of an upload leaves nothing torn, and the same command goes on', async () => {
    // Another process takes the room as soon as the first temporary file is there.
    const taker = `for i in $(seq 2000); do set -- ${BIN}/.kubewright-*; [ ! -e "$1" ] || exec dd if=/dev/zero of=${BIN}/taker bs=1M count=80; sleep 0.01; done`;
    await on(
      place,
      `mount -t tmpfs -o size=80m tmpfs ${BIN}; systemd-run --unit=kw-taker --quiet --collect sh -c '${taker}'`,
    );
    try {
      const outcome = await cli.run(phase);
      expectRefusal(
        outcome,
        EXIT.diskFull,
        `no space left on ${HOST} for ${BIN}/`,
        'bytes needed',
        'bytes free',
        'resumes',
      );
      expect(await on(place, `ls -A ${BIN}`)).toMatch(/^(containerd\n)?taker\n$/);
    } finally {
      await on(place, `systemctl stop kw-taker 2>/dev/null; umount ${BIN}`);
    }
    says(await cli.run(phase), /Phase runtime on \S+: changed [1-9]/);
    await reset(place);
  });
}
