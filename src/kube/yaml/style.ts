/** What libyaml's emitter finds out about a text before it chooses how to write it (emitterc.go, analyze_scalar). */
export interface Analysis {
  multiline: boolean;
  plain: boolean;
  singleQuoted: boolean;
  block: boolean;
}

const isBreak = (char: string): boolean => /[\n\r\x85\u2028\u2029]/.test(char);
const isBlankOrEnd = (char: string | undefined): boolean =>
  char === undefined || char === ' ' || char === '\t' || char === '\0' || isBreak(char);

/** Printable for go-yaml 2: tabs, most control characters and everything beyond the basic plane are not. */
export const isPrintable = (char: string): boolean =>
  /^[\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/.test(char);

export function analyze(text: string): Analysis {
  const chars = [...text];
  const found = survey(chars);
  const marker = text.startsWith('---') || text.startsWith('...');
  const edges = isSpaceOrBreak(chars[0]) || isSpaceOrBreak(chars.at(-1));
  const spoiled = found.spaceBeforeBreak || found.special;
  return {
    multiline: found.breaks,
    plain: !(marker || found.indicators || edges || found.spaceAfterBreak || spoiled || found.breaks),
    singleQuoted: !(found.spaceAfterBreak || spoiled),
    block: text !== '' && !(chars.at(-1) === ' ' || spoiled),
  };
}

const isSpaceOrBreak = (char: string | undefined): boolean =>
  char !== undefined && (char === ' ' || isBreak(char));

function survey(chars: string[]) {
  const found = {
    breaks: false,
    special: false,
    indicators: false,
    spaceAfterBreak: false,
    spaceBeforeBreak: false,
  };
  chars.forEach((char, index) => {
    const before = chars[index - 1];
    found.indicators ||= isIndicator(char, index, before, chars[index + 1]);
    if (!isPrintable(char)) found.special = true;
    if (char === ' ' && before !== undefined && isBreak(before)) found.spaceAfterBreak = true;
    if (isBreak(char)) {
      found.breaks = true;
      if (before === ' ') found.spaceBeforeBreak = true;
    }
  });
  return found;
}

function isIndicator(
  char: string,
  index: number,
  before: string | undefined,
  after: string | undefined,
): boolean {
  if (index === 0 && '#,[]{}&*!|>\'"%@`'.includes(char)) return true;
  if (index === 0 && '?-'.includes(char)) return isBlankOrEnd(after);
  if (char === ':') return isBlankOrEnd(after);
  return char === '#' && isBlankOrEnd(before);
}

export { isBreak };
