import { refusesArtifacts } from './bad-input/artifacts.ts';
import { refusesCommandLines } from './bad-input/command-lines.ts';
import { survivesTheNetwork } from './bad-input/network.ts';
import { HOST, type Place } from './bad-input/place.ts';
import { refusesPrivileges } from './bad-input/privileges.ts';
import { refusesReach } from './bad-input/reach.ts';
import { refusesRoom } from './bad-input/room.ts';
import { useCli } from './support/cli.ts';
import { describeLab, useLab } from './support/lab.ts';

// One bare host for all of it: what is refused leaves it bare, and what goes on is taken back.
describeLab('bad input', () => {
  const lab = useLab('test-bad', [HOST]);
  const cli = useCli(lab.name);
  const place: Place = { lab, cli, host: () => lab.host(HOST) };

  refusesCommandLines(place);
  refusesReach(place);
  refusesPrivileges(place);
  refusesRoom(place);
  refusesArtifacts(place);
  survivesTheNetwork(place);
});
