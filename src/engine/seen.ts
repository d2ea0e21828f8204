import type { Answer, FileState, Host, Query, RunResult, UnitState } from '../host/port.ts';

/** What was seen of a host at the start of the run. Asking for what was not looked at is a defect of the step. */
export class Seen {
  readonly #answers = new Map<string, Answer>();
  /** Paths that this run writes: newer than what was seen of them. */
  readonly written = new Set<string>();

  /** One round trip for all queries together; those that were answered before are not asked again. */
  async look(host: Pick<Host, 'inspect'>, queries: readonly Query[]): Promise<void> {
    const fresh = new Map<string, Query>();
    for (const query of queries) {
      const key = keyOf(query);
      if (!this.#answers.has(key)) fresh.set(key, query);
    }
    if (fresh.size === 0) return;
    const answers: readonly Answer[] = await host.inspect([...fresh.values()]);
    let index = 0;
    for (const key of fresh.keys()) this.#answers.set(key, answers[index++]!);
  }

  file(path: string, detail: { content?: boolean; hash?: boolean } = {}): FileState {
    return this.#answer({ kind: 'file', path, ...detail }) as FileState;
  }

  unit(name: string): UnitState {
    return this.#answer({ kind: 'unit', name }) as UnitState;
  }

  list(path: string): string[] {
    return this.#answer({ kind: 'list', path }) as string[];
  }

  run(argv: readonly string[]): RunResult {
    return this.#answer({ kind: 'run', argv }) as RunResult;
  }

  #answer(query: Query): Answer {
    const answer = this.#answers.get(keyOf(query));
    if (answer === undefined) throw new Error(`not looked at: ${JSON.stringify(query)}`);
    return answer;
  }
}

function keyOf(query: Query): string {
  switch (query.kind) {
    case 'file':
      return `file ${query.content ? 'content' : query.hash ? 'hash' : 'stat'} ${query.path}`;
    case 'run':
      return `run ${JSON.stringify(query.argv)}`;
    case 'unit':
      return `unit ${query.name}`;
    case 'list':
      return `list ${query.path}`;
    default:
      return query.kind;
  }
}
