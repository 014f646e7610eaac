import { isRaw, type Json, type JsonObject } from '../client';

/** A node of a flow definition. Definitions come from the network: nothing about them is trusted. */
export interface FlowNode {
  id: string;
  type: string;
  data: JsonObject;
  label: string;
}

export interface FlowEdge {
  /** Place in the definition, and the identity of the edge. */
  index: number;
  source: string;
  target: string;
  when: Json | undefined;
  onError: Json | undefined;
  /** The event of an await node after which it is taken; empty for other edges. */
  on: string;
  onTimeout: boolean;
  each: boolean;
  body: boolean;
  label: string;
}

export interface Definition {
  name: string;
  description: string;
  nodes: FlowNode[];
  edges: FlowEdge[];
  inputSchema: Json | undefined;
  /** The id of the first node of a run. */
  entry: string;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

/** A number of an event's detail. */
export function numberOf(detail: Record<string, unknown>, key: string): number | undefined {
  const value = detail[key];
  return typeof value === 'number' ? value : undefined;
}

/** The failure that the detail of an event describes: "timeout: no answer". */
export function failureOf(detail: Record<string, unknown>): string {
  const type = textOf(detail['type']);
  return (type ? type + ': ' : '') + textOf(detail['message']);
}

/** Whether a definition is in the short form, whose edges only the server knows (docs/flow-format.md). */
export function isShortForm(source: unknown): boolean {
  return isObject(source) && (source['edges'] ?? null) === null;
}

/**
 * What an edge says about itself: its label, or when it is taken. `pawl flows graph` has the same words; see
 * tests/support/drawing_cases.json.
 */
export function edgeText(edge: FlowEdge): string {
  if (edge.label) return edge.label;
  const event = eventText(edge);
  if (edge.when === undefined) return event;
  if (!event && typeof edge.when === 'boolean') return edge.when ? 'yes' : 'no';
  return `${event ? event + ' ' : ''}if ${ruleText(edge.when)}`;
}

/** What must happen before an edge is taken; empty for an edge that follows its node. */
function eventText(edge: FlowEdge): string {
  if (edge.on) return 'on ' + edge.on;
  if (edge.onTimeout) return 'on timeout';
  if (edge.each) return 'each item';
  if (edge.body) return 'body';
  if (edge.onError === undefined) return '';
  if (edge.onError === true) return 'on error';
  return (
    'on error ' + (Array.isArray(edge.onError) ? edge.onError.map(textOf).join(', ') : textOf(edge.onError))
  );
}

const infix = new Set([
  '==',
  '===',
  '!=',
  '!==',
  '<',
  '<=',
  '>',
  '>=',
  '+',
  '-',
  '*',
  '/',
  '%',
  'and',
  'or',
  'in',
]);

/** A JSONLogic rule as people write it: `amount > 1000`. */
export function ruleText(rule: Json): string {
  if (!isObject(rule)) return textOf(rule);
  const [[operator, operand] = [undefined, null], ...more] = Object.entries(rule);
  if (operator === undefined || more.length > 0) return JSON.stringify(rule);
  const operands = Array.isArray(operand) ? operand : [operand];
  if (operator === 'var') return ruleText(operands[0] ?? '');
  if (operator === '!' || operator === '!!') return operator + operandText(operands[0] ?? null);
  if (infix.has(operator) && operands.length > 1) return operands.map(operandText).join(` ${operator} `);
  return `${operator}(${operands.map((each) => ruleText(each as Json)).join(', ')})`;
}

/** A rule beside an operator: in parentheses, unless it is a value or a variable. */
function operandText(rule: Json): string {
  return isObject(rule) && !('var' in rule) ? `(${ruleText(rule)})` : ruleText(rule);
}

/** Reads a definition leniently: what is malformed is left out, so that broken drafts draw, too. */
export function readDefinition(value: unknown): Definition {
  const flow = isObject(value) ? value : {};
  const nodes: FlowNode[] = [];
  const seen = new Set<string>();
  for (const each of Array.isArray(flow['nodes']) ? flow['nodes'] : []) {
    if (!isObject(each) || typeof each['id'] !== 'string' || seen.has(each['id'])) continue;
    seen.add(each['id']);
    const data = isObject(each['data']) ? each['data'] : {};
    nodes.push({
      id: each['id'],
      type: typeof each['type'] === 'string' ? each['type'] : '?',
      data,
      label: typeof data['label'] === 'string' ? data['label'] : '',
    });
  }
  const edges: FlowEdge[] = [];
  (Array.isArray(flow['edges']) ? flow['edges'] : []).forEach((each, index) => {
    if (!isObject(each) || typeof each['source'] !== 'string' || typeof each['target'] !== 'string') return;
    if (!seen.has(each['source']) || !seen.has(each['target'])) return;
    const data = isObject(each['data']) ? each['data'] : {};
    edges.push({
      index,
      source: each['source'],
      target: each['target'],
      when: data['when'] ?? undefined,
      onError: data['on_error'] === false ? undefined : (data['on_error'] ?? undefined),
      on: typeof data['on'] === 'string' ? data['on'] : '',
      onTimeout: data['on_timeout'] === true,
      each: data['each'] === true,
      body: data['body'] === true,
      label: typeof data['label'] === 'string' ? data['label'] : '',
    });
  });
  const first = (nodes.find((node) => node.type === 'start') ?? nodes[0])?.id ?? '';
  const section = first ? sectionOf(flow, first, seen, edges.length) : undefined;
  if (section) {
    nodes.push(section.node);
    edges.push(...section.edges);
  }
  return {
    name: typeof flow['name'] === 'string' ? flow['name'] : '',
    description: typeof flow['description'] === 'string' ? flow['description'] : '',
    nodes,
    edges,
    inputSchema: flow['input_schema'] ?? undefined,
    entry: section ? section.node.id : first,
  };
}

/** The id, in histories, of the section that handlers and a deadline of a flow make around all its nodes. */
const flowSection = '/';

/** That section, if the flow has one; `first` is where its body begins. */
function sectionOf(
  flow: JsonObject,
  first: string,
  known: Set<string>,
  index: number,
): { node: FlowNode; edges: FlowEdge[] } | undefined {
  const data: JsonObject = {};
  for (const key of ['timeout', 'until', 'compensate'])
    if (flow[key] !== undefined && flow[key] !== null) data[key] = flow[key];
  const edges: FlowEdge[] = [];
  const add = (target: unknown, kind: Partial<FlowEdge>) => {
    if (typeof target !== 'string' || !known.has(target)) return;
    const plain = { when: undefined, onError: undefined, on: '', onTimeout: false, each: false, body: false };
    edges.push({ index: index + edges.length, source: flowSection, target, label: '', ...plain, ...kind });
  };
  add(first, { body: true });
  const handlers = flow['on_error'];
  for (const each of Array.isArray(handlers) ? handlers : [handlers])
    if (isObject(each)) add(each['to'], { onError: each['on'] ?? true, when: each['when'] ?? undefined });
    else add(each, { onError: true });
  add(flow['on_timeout'], { onTimeout: true });
  const hasHandlers = edges.length > 1;
  if (!hasHandlers && Object.keys(data).length === 0) return undefined;
  return { node: { id: flowSection, type: 'section', data, label: 'flow' }, edges };
}

/** The types of signals that nodes of the flow wait for. */
export function signalNames(definition: Definition): string[] {
  const names = definition.nodes
    .filter((node) => node.type === 'signal' && typeof node.data['name'] === 'string')
    .map((node) => node.data['name'] as string);
  return [...new Set(names)].sort();
}

/** The JSON Schema of the answer to a question of a node; undefined if any value is accepted. */
export function answerSchema(definition: Definition, node: string): Json | undefined {
  const found = nodeOf(definition, node);
  return found?.type === 'interrupt' ? (found.data['schema'] ?? undefined) : undefined;
}

export function nodeOf(definition: Definition, id: string): FlowNode | undefined {
  return definition.nodes.find((node) => node.id === id);
}
