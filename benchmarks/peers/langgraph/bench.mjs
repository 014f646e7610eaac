// The workloads of pawl bench on LangGraph.js with its SQLite saver: `node bench.mjs [--fsync] …`.
//
// As shipped, the saver does not sync: what was answered survives the death of the process, as
// Pawl's durability `async`. With --fsync SQLite syncs each transaction, as Pawl's `sync`.
// `durability: "sync"` of LangGraph makes it write each checkpoint before the next step begins.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Annotation, Command, END, START, StateGraph, interrupt } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { cpuSeconds, measure, options, residentBytes, workFolder } from "../bench.mjs";

const given = options();
const require = createRequire(import.meta.url);

function versionOf(name) {
  const entry = require.resolve(name);
  const root = entry.slice(0, entry.lastIndexOf(`node_modules/${name}`)) + `node_modules/${name}`;
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
}

const State = Annotation.Root({ n: Annotation() });

function graphOf(nodes) {
  const graph = new StateGraph(State);
  nodes.forEach((node, i) => graph.addNode(`s${i}`, node));
  graph.addEdge(START, "s0");
  nodes.forEach((_, i) => graph.addEdge(`s${i}`, i + 1 < nodes.length ? `s${i + 1}` : END));
  return graph;
}

function open() {
  const folder = workFolder();
  const saver = SqliteSaver.fromConnString(join(folder.path, "store.sqlite"));
  saver.setup(); // sets the journal mode
  if (given.fsync) saver.db.pragma("synchronous = FULL");
  const how = (id) => ({ configurable: { thread_id: id }, durability: "sync" });
  let runs = 0;
  return {
    linear(steps) {
      const app = graphOf(Array(steps).fill(() => ({}))).compile({ checkpointer: saver });
      return () => app.invoke({ n: 1 }, { ...how(`run-${++runs}`), recursionLimit: steps + 5 });
    },
    query(steps) {
      const app = graphOf(Array(steps).fill(() => ({}))).compile({ checkpointer: saver });
      return {
        start: (i) => app.invoke({ n: 1 }, { ...how(`run-${i}`), recursionLimit: steps + 5 }),
        read: async (i) => {
          const state = await app.getState(how(`run-${i}`));
          if (state.values.n !== 1 || state.next.length > 0) throw new Error("a run has not ended");
        },
      };
    },
    signal() {
      const wait = () => ({ n: interrupt("go") });
      const app = graphOf([wait]).compile({ checkpointer: saver });
      return {
        start: (i) => app.invoke({ n: 1 }, how(`run-${i}`)),
        signal: (i) => app.invoke(new Command({ resume: 2 }), how(`run-${i}`)),
      };
    },
    cpu: () => cpuSeconds(),
    memory: () => residentBytes(),
    close() {
      saver.db.close();
      folder.remove();
    },
  };
}

await measure(
  {
    version:
      `langgraph ${versionOf("@langchain/langgraph")}, ` +
      `sqlite saver ${versionOf("@langchain/langgraph-checkpoint-sqlite")}`,
    durability: given.fsync ? "sync" : "async",
    open,
  },
  given,
);
