import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { privateHost } from './support/private-host.ts';

// On a busy host the half second between the two readings made every unit look older than its files: containerd was
// restarted on hosts where nothing had changed.
it('B58: tells when the host booted however slow its commands are', async () => {
  await using there = await privateHost();
  for (const command of ['uname', 'id']) {
    const slow = `#!/bin/sh\nsleep 0.5\nexec /usr/bin/${command} "$@"\n`;
    writeFileSync(there.path(`stub-bin/${command}`), slow, { mode: 0o755 });
  }
  rmSync(there.path('proc'), { recursive: true });
  const [{ clock, uptimeSeconds }] = await there.host.inspect([{ kind: 'facts' }]);
  const uptime = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
  const booted = Date.now() / 1000 - uptime;
  expect(clock.host / 1000 - uptimeSeconds).toBeGreaterThan(booted - 0.05);
});
