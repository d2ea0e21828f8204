import { type Colours, paint } from '../output/reporters/text.ts';
import type { Failure } from './read-failure.ts';

export interface RenderOptions {
  /** The result was asked for as JSON: errors come as JSON too, on stderr. */
  json: boolean;
  /** With the stack. */
  debug: boolean;
  colour: boolean;
}

/** The one place that turns an error into text. Ends with a newline. */
export function renderFailure(failure: Failure, options: RenderOptions): string {
  if (options.json) return `${JSON.stringify({ error: jsonOf(failure, options.debug) })}\n`;
  const colours = paint(options.colour);
  return `${textOf(failure, options, colours).join('\n')}\n`;
}

function jsonOf({ stack, silent, also, ...rest }: Failure, debug: boolean): object {
  return {
    ...rest,
    ...(also ? { also: also.map((each) => jsonOf(each, debug)) } : {}),
    ...(debug && stack ? { stack } : {}),
  };
}

function textOf(failure: Failure, options: RenderOptions, colours: Colours): string[] {
  const label = failure.fault === 'bug' ? `Bug (${failure.code})` : 'Error';
  const where = [failure.host && `host ${failure.host}`, failure.step && `step ${failure.step}`].filter(
    Boolean,
  );
  const evidence = failure.evidence?.trim() ? failure.evidence.trimEnd().split('\n') : [];
  const others = (failure.also ?? []).flatMap((each) => textOf(each, options, colours));
  return [
    `${colours.red(`${label}:`)} ${visible(failure.message)}`,
    ...(where.length > 0 ? [`  ${colours.dim(`on ${where.join(', ')}`)}`] : []),
    ...evidence.map((line) => colours.dim(`  | ${visible(line)}`)),
    ...others.flatMap((text) => text.split('\n')).map((line) => `  ${line}`),
    ...(failure.hint ? [`  ${colours.cyan('→')} ${visible(failure.hint)}`] : []),
    ...(options.debug && failure.stack ? [colours.dim(failure.stack)] : []),
  ];
}

/** Words of a host or a server may stand in all of it; their escape sequences must not reach the terminal. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '�');
}

/** Before any parsing, because the parser itself may be what fails. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.some((word, index) => {
    if (/^(-o|--output=)(nd)?json$/.test(word)) return true;
    return /^(-o|--output)$/.test(words[index - 1] ?? '') && /^(nd)?json$/.test(word);
  });
}
