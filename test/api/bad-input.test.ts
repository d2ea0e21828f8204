import { expect, it } from 'vitest';
import { EXIT } from '../../src/base/exit-codes.ts';
import { renderFailure } from '../../src/cli/render-error.ts';
import { kubewright } from './support/kubectl.ts';
import { withControlPlane } from './support/plane.ts';

const map = (name: string, rest = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${rest}`;

withControlPlane('bad manifests', () => {
  /** What a user reads, and the exit code. */
  const refused = async (args: string[], stdin = '') => {
    const { failure, exit, stdout } = await kubewright(args, stdin);
    const text = failure && renderFailure(failure, { json: false, debug: false, colour: false });
    expect(text).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    return { text, exit, stdout };
  };
  const apply = (manifest: string) => refused(['apply', '-f', '-'], manifest);

  it.each([
    ['a list that is not closed', map('good', 'data: {a: [b\n'), /-:5:1: Flow sequence/],
    ['a tab as indentation', map('good', 'data:\n\ta: b\n'), /-:5:1/],
    ['a second document that is torn', `${map('good')}---\na: b: c\n`, /-:5:\d+/],
    ['a key that stands twice', map('good', 'data: {a: "1", a: "2"}\n'), /-:4:16.*"a" stands here twice/],
    ['text that is no object', 'just text\n', /-:1:1/],
  ])('not YAML (%s): file, line and column, and nothing is applied', async (_what, manifest, where) => {
    const { text, exit, stdout } = await apply(manifest);
    expect(exit).toBe(EXIT.invalidInput);
    expect(text).toMatch(where);
    expect(stdout).toBe('');
    expect((await refused(['get', 'cm', 'good'])).exit).toBe(EXIT.failure);
  });

  it('an unknown kind names the one that was meant', async () => {
    const { text, exit } = await apply('apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: a}\n');
    expect(exit).toBe(EXIT.failure);
    expect(text).toContain('-:1: Deploymnet "a": the API server has no type Deploymnet in apps/v1');
    expect(text).toContain('did you mean "Deployment"?');
    const asked = await refused(['get', 'deploymets']);
    expect(asked.exit).toBe(EXIT.failure);
    expect(asked.text).toContain('did you mean "deployments"?');
  });

  it('an unknown field comes in the words of the server, with file and line', async () => {
    const { text, exit } = await apply(`${map('first', 'datta: {}\n')}`);
    expect(exit).toBe(EXIT.failure);
    expect(text).toMatch(/-:1: ConfigMap "first": .*(unknown field|field not declared in schema)/);
    expect(text).toContain('datta');
    expect((await refused(['get', 'cm', 'first'])).exit).toBe(EXIT.failure);
  });
});
