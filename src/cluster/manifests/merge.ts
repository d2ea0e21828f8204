export type Fields = Record<string, unknown>;

/** Maps merge, everything else of `over` replaces. Neither argument is changed. */
export function mergeConfig(base: Fields, over: Fields): Fields {
  const result: Fields = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = result[key];
    result[key] = isFields(before) && isFields(value) ? mergeConfig(before, value) : value;
  }
  return result;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
