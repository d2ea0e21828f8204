const isLetter = (char: string): boolean => /\p{L}/u.test(char);
const isDigit = (char: string | undefined): boolean => char !== undefined && /\p{Nd}/u.test(char);

/** go-yaml's order of keys: digits by the number that they form, and everything else before letters. */
export function compareKeys(left: string, right: string): number {
  const a = [...left];
  const b = [...right];
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] === b[i]) continue;
    const aLetter = isLetter(a[i]!);
    const bLetter = isLetter(b[i]!);
    if (aLetter !== bLetter) return bLetter ? -1 : 1;
    if (!aLetter) {
      const byNumber = compareNumbers(a, b, i);
      if (byNumber !== 0) return byNumber;
    }
    return a[i]!.codePointAt(0)! - b[i]!.codePointAt(0)!;
  }
  return a.length - b.length;
}

/** Of the runs of digits from `i` on; zeros count once digits other than zero went before them. */
function compareNumbers(a: string[], b: string[], i: number): number {
  let start = 0n;
  if (a[i] === '0' || b[i] === '0')
    for (let j = i - 1; j >= 0 && isDigit(a[j]); j--)
      if (a[j] !== '0') {
        start = 1n;
        break;
      }
  const [aNumber, aEnd] = run(a, i, start);
  const [bNumber, bEnd] = run(b, i, start);
  if (aNumber !== bNumber) return aNumber < bNumber ? -1 : 1;
  return aEnd - bEnd;
}

function run(chars: string[], from: number, start: bigint): [bigint, number] {
  let number = start;
  let at = from;
  for (; isDigit(chars[at]); at++) number = number * 10n + BigInt(chars[at]!.codePointAt(0)! - 48);
  return [number, at];
}
