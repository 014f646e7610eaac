import type { Json } from '../client';
import { isObject } from './definition';

/** A rule of a flow that can be tried. */
export interface FlowRule {
  /** Where it is: "condition of large", "edge pay → by_card". */
  label: string;
  rule: Json;
}

const most = 200;

/** The rules in the draft of a flow: the values of `expr` and `when` that are objects. */
export function rulesIn(draft: Json | undefined): FlowRule[] {
  const found: FlowRule[] = [];
  const walk = (value: Json | undefined, label: string) => {
    if (found.length >= most) return;
    if (Array.isArray(value)) {
      for (const each of value) walk(each, labelOf(each) ?? label);
    } else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value)) {
        if ((key === 'expr' || key === 'when') && isObject(inner))
          found.push({ label: key === 'expr' ? `condition of ${label}` : label, rule: inner });
        else walk(inner, label);
      }
    }
  };
  walk(draft, 'the flow');
  return found.slice(0, most);
}

/** The name of a node or an edge. */
function labelOf(value: Json): string | undefined {
  if (!isObject(value)) return undefined;
  if (typeof value['source'] === 'string' && typeof value['target'] === 'string')
    return `edge ${value['source']} → ${value['target']}`;
  if (typeof value['to'] === 'string') return `way to ${value['to']}`;
  return typeof value['id'] === 'string' ? value['id'] : undefined;
}
