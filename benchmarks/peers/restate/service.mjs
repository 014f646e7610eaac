// The service of the Restate peer, in a process of its own: `node service.mjs PORT`.
import "./with_resolvers.mjs";
import * as restate from "@restatedev/restate-sdk";

const linear = restate.service({
  name: "linear",
  handlers: {
    // Steps that do nothing, each recorded on its own.
    run: async (ctx, { steps }) => {
      for (let i = 0; i < steps; ++i) await ctx.run(`s${i}`, () => null);
      return steps;
    },
  },
});

const waiting = restate.workflow({
  name: "waiting",
  handlers: {
    run: async (ctx) => ctx.promise("go"),
    signal: async (ctx) => ctx.promise("go").resolve(2),
  },
});

await restate.serve({ services: [linear, waiting], port: Number(process.argv[2]) });
process.send?.("ready");
