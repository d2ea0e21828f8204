/**
 * Whether everything in `wanted` stands in `live` with the same value. Objects may have more fields there; lists
 * have to be of the same length, and lists of named items (containers, ports, volumes) are matched by name.
 */
export function isSubset(wanted: unknown, live: unknown): boolean {
  if (wanted === null || wanted === undefined) return live === null || live === undefined;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) &&
      wanted.length === live.length &&
      wanted.every((item, index) => isSubset(item, counterpart(item, live, index)))
    );
  }
  if (typeof wanted === 'object') {
    if (typeof live !== 'object' || live === null || Array.isArray(live))
      return isEmpty(wanted) && live === undefined;
    return Object.entries(wanted).every(([key, value]) =>
      isSubset(value, (live as Record<string, unknown>)[key]),
    );
  }
  return wanted === live;
}

/** The API server leaves out what is empty: `emptyDir: {}` stays, `annotations: {}` does not. */
function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function counterpart(item: unknown, live: unknown[], index: number): unknown {
  const name = nameOf(item);
  return name === undefined ? live[index] : (live.find((other) => nameOf(other) === name) ?? live[index]);
}

function nameOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null ? (item as { name?: unknown }).name : undefined;
}

/** What `live` has of the fields of `wanted`; a list of another length is shown with all that it has. */
export function projection(wanted: unknown, live: unknown): unknown {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live)) return live;
    const partner = (item: unknown, index: number) => counterpart(item, wanted, index);
    return wanted.length === live.length
      ? wanted.map((item, index) => projection(item, counterpart(item, live, index)))
      : live.map((item, index) => projection(partner(item, index), item));
  }
  if (typeof wanted !== 'object' || wanted === null) return live;
  if (typeof live !== 'object' || live === null || Array.isArray(live))
    return isEmpty(wanted) && live === undefined ? wanted : live;
  const fields = Object.entries(wanted).map(([key, value]) => [
    key,
    projection(value, (live as Record<string, unknown>)[key]),
  ]);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}
