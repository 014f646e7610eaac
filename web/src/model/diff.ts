interface DiffLine {
  sign: ' ' | '+' | '-';
  text: string;
  left?: number;
  right?: number;
}

const maxCells = 4_000_000;

/** The lines of two texts side by side: longest common subsequence, after equal heads and tails. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) ++head;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    ++tail;
  const left = a.slice(head, a.length - tail);
  const right = b.slice(head, b.length - tail);
  const out: DiffLine[] = [];
  const same = (i: number, j: number) => out.push({ sign: ' ', text: a[i]!, left: i + 1, right: j + 1 });
  const gone = (i: number) => out.push({ sign: '-', text: a[i]!, left: i + 1 });
  const come = (j: number) => out.push({ sign: '+', text: b[j]!, right: j + 1 });
  for (let i = 0; i < head; ++i) same(i, i);
  const n = left.length;
  const m = right.length;
  if (n * m > maxCells) {
    for (let i = 0; i < n; ++i) gone(head + i);
    for (let j = 0; j < m; ++j) come(head + j);
  } else {
    const width = m + 1;
    const table = new Uint32Array((n + 1) * width);
    for (let i = n - 1; i >= 0; --i)
      for (let j = m - 1; j >= 0; --j)
        table[i * width + j] =
          left[i] === right[j]
            ? table[(i + 1) * width + j + 1]! + 1
            : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
    let i = 0;
    let j = 0;
    while (i < n || j < m) {
      if (i < n && j < m && left[i] === right[j]) same(head + i++, head + j++);
      else if (j >= m || (i < n && table[(i + 1) * width + j]! >= table[i * width + j + 1]!))
        gone(head + i++);
      else come(head + j++);
    }
  }
  for (let k = tail; k > 0; --k) same(a.length - k, b.length - k);
  return out;
}

/** Only the changed lines and `around` lines beside them; a gap is a line without numbers. */
export function shortDiff(lines: DiffLine[], around = 3): DiffLine[] {
  const keep = new Uint8Array(lines.length);
  lines.forEach((line, i) => {
    if (line.sign === ' ') return;
    for (let k = Math.max(0, i - around); k <= Math.min(lines.length - 1, i + around); ++k) keep[k] = 1;
  });
  const out: DiffLine[] = [];
  lines.forEach((line, i) => {
    if (keep[i]) out.push(line);
    else if (i === 0 || keep[i - 1]) out.push({ sign: ' ', text: '…' });
  });
  return out;
}
