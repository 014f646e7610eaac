// The workloads of pawl bench on a Restate server and a service in Node.js: `node bench.mjs …`.
// Restate syncs before it answers, as Pawl's durability `sync`. Everything listens on the loopback
// interface only, without telemetry.
import { fork, spawn } from "node:child_process";
import { createRequire } from "node:module";
import http from "node:http";
import net from "node:net";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuSeconds, measure, options, residentBytes, workFolder } from "../bench.mjs";

const given = options();
const require = createRequire(import.meta.url);
const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`;
const packageFile = require.resolve(`${platform}/package.json`);
const program = join(dirname(packageFile), "bin", "restate-server");
const { version } = JSON.parse(readFileSync(packageFile, "utf8"));
const agent = new http.Agent({ keepAlive: true, maxSockets: 2048 });

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function request(port, method, path, body) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const sent = http.request(
      { host: "127.0.0.1", port, method, path, headers, agent },
      (answer) => {
        const pieces = [];
        answer.on("data", (piece) => pieces.push(piece));
        answer.on("error", reject);
        answer.on("end", () => {
          const said = Buffer.concat(pieces).toString();
          if (answer.statusCode < 300) resolve(said);
          else reject(new Error(`Restate answered ${answer.statusCode} to ${path}: ${said}`));
        });
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

/// Repeats a request until it succeeds: the server needs some seconds to start.
async function eventually(call) {
  const end = Date.now() + 60_000;
  for (;;) {
    try {
      return await call();
    } catch (failure) {
      if (Date.now() > end) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

const ended = (child) => new Promise((resolve) => child.once("exit", resolve));

async function open() {
  const folder = workFolder();
  const [ingress, admin, node, port] = await Promise.all([1, 2, 3, 4].map(freePort));
  const here = dirname(fileURLToPath(import.meta.url));
  const service = fork(join(here, "service.mjs"), [String(port)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, RESTATE_LOGGING: "ERROR" },
  });
  const server = spawn(program, ["--no-logo", "--base-dir", join(folder.path, "data")], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      RESTATE_LISTEN_MODE: "tcp",
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_DISABLE_TELEMETRY: "true",
      RESTATE_ADMIN__DISABLE_WEB_UI: "true", // it is downloaded
      RESTATE_LOG_FILTER: "error",
      RUST_LOG: "error",
    },
  });
  children.add(server).add(service);
  const close = async () => {
    const both = [ended(server), ended(service)];
    server.kill("SIGKILL");
    service.kill("SIGKILL");
    await Promise.all(both);
    children.clear();
    folder.remove();
  };
  try {
    await eventually(() =>
      request(admin, "POST", "/deployments", { uri: `http://127.0.0.1:${port}` }),
    );
    await eventually(() => request(ingress, "POST", "/linear/run", { steps: 1 }));
  } catch (failure) {
    await close();
    throw failure;
  }
  const call = (path, body) => request(ingress, "POST", path, body);
  return {
    linear: (steps) => () => call("/linear/run", { steps }),
    signal: () => ({
      start: (i) => call(`/waiting/run-${i}/run/send`),
      // The answer to the signal is the end of the handler; the output is that of the run.
      signal: async (i) => {
        await call(`/waiting/run-${i}/signal`);
        await request(ingress, "GET", `/restate/workflow/waiting/run-${i}/attach`);
      },
    }),
    cpu: () => cpuSeconds(server.pid) + cpuSeconds(service.pid) + cpuSeconds(),
    memory: () => residentBytes(server.pid) + residentBytes(service.pid),
    close,
  };
}

await measure({ version: `restate ${version}`, durability: "sync", open }, given);
agent.destroy();
