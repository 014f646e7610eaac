// The part of `pawl bench` that the peers need: closed loops, and the same JSON document.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/// The options of a peer: {seconds, rounds, inFlight, items, workloads, fsync}.
export function options() {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "3" },
      "in-flight": { type: "string" },
      items: { type: "string", default: "1000" },
      workloads: { type: "string", default: "linear-10,linear-3,linear-1,alone,signal" },
      fsync: { type: "boolean", default: false },
    },
  });
  return {
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    inFlight: values["in-flight"] === undefined ? undefined : Number(values["in-flight"]),
    items: Number(values.items),
    workloads: values.workloads.split(","),
    fsync: values.fsync,
  };
}

/// Keeps `inFlight` operations in flight for `seconds`. Returns {latencies (ns), seconds}.
export async function closedLoop(operation, inFlight, seconds) {
  const latencies = [];
  const begin = process.hrtime.bigint();
  const end = begin + BigInt(Math.round(seconds * 1e9));
  async function loop() {
    for (;;) {
      const since = process.hrtime.bigint();
      if (since >= end) return;
      await operation();
      latencies.push(Number(process.hrtime.bigint() - since));
    }
  }
  await Promise.all(Array.from({ length: inFlight }, loop));
  return { latencies, seconds: Number(process.hrtime.bigint() - begin) / 1e9 };
}

/// Makes `count` operations, `inFlight` at a time. As `closedLoop`.
export async function allOf(count, operation, inFlight) {
  const latencies = [];
  const begin = process.hrtime.bigint();
  let next = 0;
  async function loop() {
    while (next < count) {
      const since = process.hrtime.bigint();
      await operation(next++);
      latencies.push(Number(process.hrtime.bigint() - since));
    }
  }
  await Promise.all(Array.from({ length: inFlight }, loop));
  return { latencies, seconds: Number(process.hrtime.bigint() - begin) / 1e9 };
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/// A new folder in the current one, deleted at the end of the process. `{path, remove()}`.
export function workFolder() {
  const path = mkdtempSync(join(process.cwd(), "pawl-bench-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    path,
    remove() {
      process.off("exit", remove);
      remove();
    },
  };
}

/// Processor time of a process so far, in seconds. `pid`: undefined for this one.
export function cpuSeconds(pid) {
  if (pid === undefined) {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/// Resident memory of a process, in bytes.
export function residentBytes(pid = "self") {
  return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096;
}

function spread(rounds) {
  const sorted = [...rounds].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1], rounds };
}

// Sixty-four buckets between two powers of two, as bench/histogram.hpp.
function upperBound(ns) {
  const width = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(ns, 1))) - 6);
  return (Math.floor(ns / width) + 1) * width - 1;
}

function quantile(sorted, share) {
  if (sorted.length === 0) return 0;
  return sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1] / 1e3;
}

function latencyOf(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const buckets = new Map();
  for (const ns of sorted) {
    const upper = upperBound(ns) / 1e3;
    buckets.set(upper, (buckets.get(upper) ?? 0) + 1);
  }
  return {
    count: sorted.length,
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    p99: quantile(sorted, 0.99),
    p99_9: quantile(sorted, 0.999),
    max: quantile(sorted, 1),
    buckets: [...buckets],
  };
}

/// An element of `results`. `rounds`: {items, seconds, cpu, latencies, figures} each.
export function resultOf({ workload, unit, latencyName, durability, inFlight, items }, rounds) {
  const p = (share) =>
    spread(rounds.map((r) => quantile([...r.latencies].sort((a, b) => a - b), share)));
  const figures = {};
  for (const name of Object.keys(rounds[0].figures ?? {}))
    figures[name] = spread(rounds.map((r) => r.figures[name]));
  return {
    workload,
    unit,
    durability,
    in_flight: inFlight,
    items: items ?? null,
    wanted_per_s: null,
    rate: spread(rounds.map((r) => r.items / r.seconds)),
    cpu_us_per_item: spread(rounds.map((r) => (r.cpu * 1e6) / r.items)),
    latency_of: latencyName,
    latency_us: latencyOf(rounds.flatMap((r) => r.latencies)),
    p50_us: p(0.5),
    p99_us: p(0.99),
    figures,
  };
}

const linear = /^linear-(\d+)$/;

/// Measures the workloads of the options on a peer and prints the document. `open(round)` returns
/// an engine: {linear(steps) -> operation, signal() -> {start(i), signal(i)}, query(steps) ->
/// {start(i), read(i)}, cpu(), memory(), close()}; a peer without `query` cannot measure that
/// workload. Each round has a new one, and the rounds of the workloads take turns.
export async function measure({ version, durability, open }, given) {
  const planned = given.workloads.map((workload) => {
    const steps = workload === "alone" ? 1 : Number(linear.exec(workload)?.[1] ?? 0);
    const run = { signal: runSignal, query: runQuery }[workload] ?? (steps > 0 ? runLinear : undefined);
    if (run === undefined) throw new Error(`unknown workload ${workload}`);
    const inFlight = given.inFlight ?? { alone: 1, query: 8 }[workload] ?? 512;
    return { workload, steps, run, inFlight, rounds: [] };
  });
  for (let round = 0; round < given.rounds; ++round) {
    for (const each of planned) {
      const engine = await open();
      try {
        each.rounds.push(await each.run(engine, each, given));
      } finally {
        await engine.close();
      }
    }
  }
  const results = planned.map(({ workload, steps, inFlight, rounds }) =>
    resultOf(
      {
        workload,
        unit: workload.startsWith("linear") ? "steps" : workload === "query" ? "reads" : "runs",
        latencyName: { signal: "signal to end of run", query: "read" }[workload] ?? "run",
        durability,
        inFlight,
        items: steps > 0 ? undefined : workload === "query" ? queried : given.items,
      },
      rounds,
    ),
  );
  const document = {
    format: "pawl-bench-1",
    version,
    commit: "peer",
    machine: {
      cores: os.availableParallelism(),
      cpu: os.cpus()[0]?.model ?? "unknown",
      kernel: `${os.type()} ${os.release()} ${os.arch() === "x64" ? "x86_64" : os.arch()}`,
      memory_bytes: os.totalmem(),
      filesystem: "unknown",
    },
    settings: { seconds: given.seconds, rounds: given.rounds },
    results,
  };
  process.stdout.write(JSON.stringify(document) + "\n");
}

async function runLinear(engine, { workload, steps, inFlight }, given) {
  const operation = await engine.linear(steps);
  await closedLoop(operation, inFlight, given.seconds / 4);
  const cpu = engine.cpu();
  const seen = await closedLoop(operation, inFlight, given.seconds);
  const unitsPerRun = workload === "alone" ? 1 : steps;
  return {
    items: seen.latencies.length * unitsPerRun,
    seconds: seen.seconds,
    cpu: engine.cpu() - cpu,
    latencies: seen.latencies,
    figures: { resident_bytes: engine.memory() },
  };
}

// Runs that have ended and are read, as in bench/workloads/query.cpp.
const queried = 1000;

async function runQuery(engine, { inFlight }, given) {
  const runs = await engine.query(10);
  await allOf(queried, (i) => runs.start(i), 512);
  let next = 0;
  const operation = () => runs.read(next++ % queried);
  await closedLoop(operation, inFlight, given.seconds / 4);
  const cpu = engine.cpu();
  const seen = await closedLoop(operation, inFlight, given.seconds);
  return {
    items: seen.latencies.length,
    seconds: seen.seconds,
    cpu: engine.cpu() - cpu,
    latencies: seen.latencies,
    figures: { resident_bytes: engine.memory() },
  };
}

async function runSignal(engine, { inFlight }, given) {
  const runs = await engine.signal();
  const before = engine.memory();
  const started = await allOf(given.items, (i) => runs.start(i), inFlight);
  const parked = engine.memory();
  const cpu = engine.cpu();
  const seen = await allOf(given.items, (i) => runs.signal(i), inFlight);
  return {
    items: given.items,
    seconds: seen.seconds,
    cpu: engine.cpu() - cpu,
    latencies: seen.latencies,
    figures: {
      starts_per_s: given.items / started.seconds,
      memory_bytes_per_run: (parked - before) / given.items,
    },
  };
}
