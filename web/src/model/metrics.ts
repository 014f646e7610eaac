/** Upper limits of quantiles of a histogram without labels in the text of /metrics; undefined if it is empty. */
export function quantiles(text: string, name: string, of: number[]): number[] | undefined {
  const buckets: { le: number; count: number }[] = [];
  const pattern = new RegExp(`^${name}_bucket\\{(?:[^}]*,)?le="([^"]+)"(?:,[^}]*)?\\} ([0-9.e+]+)`, 'gm');
  for (const [, le, count] of text.matchAll(pattern))
    buckets.push({ le: le === '+Inf' ? Infinity : Number(le), count: Number(count) });
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  return of.map((q) => buckets.find((bucket) => bucket.count >= q * total)?.le ?? Infinity);
}
