// npm run demo: two bare hosts become a cluster with an application behind a Service. `-- --down` takes all of it back.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stateDir } from '../src/base/dirs.ts';
import { KubewrightError } from '../src/base/errors.ts';
import { quote } from '../src/base/quote.ts';
import { build, explain, prepare, run } from './steps.ts';

const LAB = ['--lab', 'demo'];
// Its own kubeconfig: a demonstration must not change the user's, and --down can remove it.
const folder = join(stateDir(process.env), 'demo');
// What is run is built from the pinned modules; upstream is not asked.
const env = {
  ...process.env,
  KUBECONFIG: join(folder, 'kubeconfig'),
  KUBEWRIGHT_ARTIFACTS_SOURCE: 'build',
};

/** Shows the command as a user would type it, then runs it. */
async function kubewright(...args: string[]): Promise<void> {
  console.error(`\n$ kubewright ${quote(args)}`);
  const code = await run('bin/run.js', args, env);
  if (code !== 0) throw failed(args, code);
}

async function answer(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('bin/run.js', args, { env });
  return stdout.trim();
}

function failed(args: readonly string[], code: number): KubewrightError {
  return new KubewrightError({
    code: 'DemoStopped',
    message: `kubewright ${quote(args)} ended with exit code ${code}`,
    hint: 'Its own words are above. `npm run demo` again goes on; `npm run demo -- --down` takes all of it back.',
    exit: code === 130 ? 'interrupted' : 'failure',
  });
}

async function up(): Promise<void> {
  if (!existsSync('dist/src/cli/main.js')) await build();
  await prepare({ peers: false });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await kubewright('lab', 'up', 'cp1', 'w1', ...LAB);
  await kubewright('init', 'cp1', ...LAB);
  await kubewright('join', 'w1', ...LAB);
  await kubewright('apply', '-f', 'examples/web');
  await kubewright('wait', 'deployment/web', '--for=condition=Available', '--timeout=180s');
  await kubewright('get', 'nodes', '-o', 'wide');
  await kubewright('get', 'pods', '-A', '-o', 'wide');
  await askService();
  console.error(`\nThe cluster stays up. With it: export KUBECONFIG=${quote([env.KUBECONFIG])}`);
  console.error('Then: npx kubewright get pods -A. All of it back: npm run demo -- --down');
}

/** From a node where none of the Service's pods run, so that the answer crossed the pod network. */
async function askService(): Promise<void> {
  const service = await answer(
    'get',
    'service',
    'web',
    '-o',
    'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}',
  );
  const nodes = (await answer('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ');
  const serving = (
    await answer(
      'get',
      'pods',
      '-l',
      'app.kubernetes.io/name=web',
      '-o',
      'jsonpath={.items[*].spec.nodeName}',
    )
  ).split(' ');
  const asking = nodes.find((node) => !serving.includes(node)) ?? nodes[0]!;
  console.error(
    `\nService web (${service}): pods on ${[...new Set(serving)].join(', ')}, asked from ${asking}`,
  );
  await kubewright(
    'lab',
    'ssh',
    asking,
    ...LAB,
    '--',
    'curl',
    '-sS',
    '--max-time',
    '10',
    `http://${service}/hostname`,
  );
}

async function down(): Promise<void> {
  await kubewright('lab', 'down', ...LAB);
  rmSync(folder, { recursive: true, force: true });
}

try {
  await (process.argv.includes('--down') ? down() : up());
} catch (error) {
  process.stderr.write(explain(error));
  process.exitCode = error instanceof KubewrightError ? error.exit : 1;
}
