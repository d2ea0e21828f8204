import { sleep } from '../../base/wait.ts';
import { ApiError } from '../../kube/errors.ts';
import { resourcePath } from '../../kube/paths.ts';
import type { ApiClient } from '../../kube/port.ts';
import { FOREVER_MS } from '../duration.ts';
import { usageFault } from '../failures.ts';
import { bestFirst } from '../pods/best.ts';
import { PODS, podsOf, selectPods } from '../pods/find.ts';
import { chooseContainer, containersOf, type Pod } from '../pods/pod.ts';
import type { Output } from '../streams.ts';
import { LineJoiner } from './lines.ts';
import { checkLogs, type LogsOptions, logQuery } from './options.ts';

interface Source {
  pod: Pod;
  container: string;
}

/** `logs`: one stream after the other, or with -f all at once, whole lines at a time. */
export async function logs(client: ApiClient, options: LogsOptions, output: Output): Promise<void> {
  checkLogs(options);
  const sources = (await podsMeant(client, options, output)).flatMap((pod) =>
    sourcesOf(pod, options, output),
  );
  const { maxRequests, follow } = options;
  if (follow && maxRequests !== undefined && sources.length > maxRequests)
    throw usageFault(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${maxRequests}, use --max-log-requests to increase the limit`,
    );
  const show = (source: Source) => showWithRetry(client, source, options, output, sources.length > 1);
  if (!follow) for (const source of sources) await show(source);
  else await Promise.all(sources.map(show));
}

async function podsMeant(client: ApiClient, options: LogsOptions, output: Output): Promise<Pod[]> {
  const [target] = options.words;
  if (target === undefined) {
    const pods = await selectPods(client, options.selector!);
    if (pods.length === 0) output.note(`No resources found in ${client.namespace} namespace.`);
    return pods;
  }
  const { pods, direct } = await podsOf(client, target, options.podTimeoutMs);
  if (direct) return pods;
  const sorted = bestFirst(pods, 'many');
  if (options.allPods) return sorted;
  if (sorted.length > 1) output.note(`Found ${sorted.length} pods, using pod/${sorted[0]!.metadata.name}`);
  return sorted.slice(0, 1);
}

function sourcesOf(pod: Pod, options: LogsOptions, output: Output): Source[] {
  if (options.allContainers) return containersOf(pod).map((container) => ({ pod, container }));
  const named = options.container ?? options.words[1];
  const note = options.allPods ? undefined : output.note;
  return [{ pod, container: chooseContainer(pod, named, note) }];
}

/** A container that is about to start is asked again each second while its log is followed. */
async function showWithRetry(
  client: ApiClient,
  source: Source,
  options: LogsOptions,
  output: Output,
  several: boolean,
): Promise<void> {
  const end = performance.now() + options.podTimeoutMs;
  for (;;) {
    try {
      return await show(client, source, options, output, several);
    } catch (error) {
      if (options.signal?.aborted) return;
      if (options.ignoreErrors) return output.out(`error: ${(error as Error).message}\n`);
      const later = options.follow && error instanceof ApiError && performance.now() < end;
      if (!later) throw error;
      output.note(error.message);
      await sleep(1000, options.signal);
    }
  }
}

async function show(
  client: ApiClient,
  { pod, container }: Source,
  options: LogsOptions,
  output: Output,
  several: boolean,
): Promise<void> {
  const { name, namespace } = pod.metadata;
  const body = await client.stream({
    path: resourcePath(PODS, { namespace, name, subresource: 'log' }),
    query: logQuery(options, container),
    // A container that says nothing yet does not even send headers.
    timeoutMs: options.follow ? FOREVER_MS : undefined,
    signal: options.signal,
  });
  const prefix = options.prefix || options.allPods ? `[pod/${name}/${container}] ` : '';
  const joiner = prefix !== '' || (several && options.follow) ? new LineJoiner(prefix) : undefined;
  for await (const chunk of body as AsyncIterable<Buffer>) output.out(joiner ? joiner.add(chunk) : chunk);
  if (joiner) output.out(joiner.rest());
}
