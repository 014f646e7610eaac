import type { paths } from './api';
import { parseJson } from './json';
import { PawlError, problemOf } from './problem';

type Method = 'get' | 'post' | 'put' | 'delete';

/** The paths that have the method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? paths[P][M] : never;

type JsonOf<R> = R extends { content: { 'application/json': infer B } } ? B : never;
type Success<R> = { [S in keyof R]: S extends 200 | 201 | 202 ? JsonOf<R[S]> : never }[keyof R];

/** The JSON of a successful answer. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Success<R> : never;

/** The JSON of the request. */
export type Body<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: infer B }
    ? NonNullable<B> extends { content: { 'application/json': infer J } }
      ? J
      : undefined
    : undefined;

/** The parameters of the query. */
export type Query<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { parameters: { query?: infer Q } } ? NonNullable<Q> : Record<string, never>;

export interface Request<P extends keyof paths, M extends Method> {
  /** Values of the `{names}` in the path. */
  path?: Record<string, string>;
  query?: Query<P, M>;
  body?: Body<P, M>;
  /** The `Idempotency-Key`. */
  key?: string;
  ifMatch?: string;
  signal?: AbortSignal;
}

/** Where a server is and how to talk to it. */
export interface Connection {
  /** Ends with a slash: `http://127.0.0.1:7717/`. */
  base: string;
  scope: string;
  /** API key. Undefined: none is sent. */
  key?: string | undefined;
}

/** Replaces the `{names}` of a path. */
export function pathOf(template: string, values: Record<string, string> = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

/**
 * Typed requests to a Pawl server. Stateless apart from its connection; all errors are `PawlError`.
 * Types come from docs/openapi.yaml.
 */
export class Client {
  connection: Connection;
  readonly #fetch: typeof fetch;

  constructor(connection: Connection, fetcher: typeof fetch = (input, init) => fetch(input, init)) {
    this.connection = connection;
    this.#fetch = fetcher;
  }

  get<P extends PathOf<'get'>>(path: P, request: Request<P, 'get'> = {}): Promise<Answer<P, 'get'>> {
    return this.#json('get', path, request) as Promise<Answer<P, 'get'>>;
  }

  post<P extends PathOf<'post'>>(path: P, request: Request<P, 'post'> = {}): Promise<Answer<P, 'post'>> {
    return this.#json('post', path, request) as Promise<Answer<P, 'post'>>;
  }

  put<P extends PathOf<'put'>>(path: P, request: Request<P, 'put'> = {}): Promise<Answer<P, 'put'>> {
    return this.#json('put', path, request) as Promise<Answer<P, 'put'>>;
  }

  async delete<P extends PathOf<'delete'>>(path: P, request: Request<P, 'delete'> = {}): Promise<void> {
    await this.#json('delete', path, request);
  }

  /** A request whose answer is not JSON: text or a stream. */
  async open(path: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    return this.#send(this.url(path), {
      headers: { ...this.#headers(), ...headers },
      signal: signal ?? null,
    });
  }

  url(path: string, query: Record<string, unknown> = {}): string {
    const url = new URL(path.replace(/^\//, ''), this.connection.base);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined && value !== null && value !== '') url.searchParams.set(name, String(value));
    return url.href;
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.connection.scope !== 'default') headers['Pawl-Scope'] = this.connection.scope;
    if (this.connection.key) headers['Authorization'] = `Bearer ${this.connection.key}`;
    return headers;
  }

  async #json<P extends keyof paths, M extends Method>(
    method: M,
    path: P,
    request: Request<P, M>,
  ): Promise<unknown> {
    const headers: Record<string, string> = { Accept: 'application/json', ...this.#headers() };
    const init: RequestInit = { method: method.toUpperCase(), headers, signal: request.signal ?? null };
    if (request.body !== undefined) {
      headers['Content-Type'] = 'application/json';
      init.body = JSON.stringify(request.body);
    }
    if (request.key) headers['Idempotency-Key'] = request.key;
    if (request.ifMatch) headers['If-Match'] = request.ifMatch;
    const url = this.url(pathOf(path as string, request.path), request.query as Record<string, unknown>);
    const answer = await this.#send(url, init);
    if (answer.status === 204) return undefined;
    return parseJson(await answer.text());
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    let answer: Response;
    try {
      answer = await this.#fetch(url, { credentials: 'same-origin', cache: 'no-store', ...init });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new PawlError(0, 'no_connection', 'the server cannot be reached');
    }
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  }
}
