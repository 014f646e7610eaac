import type { Diagnostic, ProblemCode } from './types';

/** Why a request had no result: a problem document of the server, or no connection (status 0). */
export class PawlError extends Error {
  readonly status: number;
  readonly code: ProblemCode | 'no_connection' | 'unknown';
  readonly diagnostics: Diagnostic[];
  readonly requestId: string | undefined;

  constructor(
    status: number,
    code: PawlError['code'],
    detail: string,
    diagnostics: Diagnostic[] = [],
    requestId?: string,
  ) {
    super(detail);
    this.name = 'PawlError';
    this.status = status;
    this.code = code;
    this.diagnostics = diagnostics;
    this.requestId = requestId;
  }

  /** Whether repeating the same request later can succeed. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

/** Reads the problem document of an answer that is not a success. */
export async function problemOf(answer: Response): Promise<PawlError> {
  const requestId = answer.headers.get('Request-Id') ?? undefined;
  let body: Record<string, unknown> = {};
  try {
    body = (await answer.json()) as Record<string, unknown>;
  } catch {
    // A proxy answered with a page of its own.
  }
  if (typeof body['code'] !== 'string') {
    // A gateway has no server behind it.
    const gateway = answer.status === 502 || answer.status === 503 || answer.status === 504;
    return gateway
      ? new PawlError(0, 'no_connection', 'the server cannot be reached', [], requestId)
      : new PawlError(
          answer.status,
          'unknown',
          `the server answered with status ${answer.status}`,
          [],
          requestId,
        );
  }
  return new PawlError(
    answer.status,
    body['code'] as ProblemCode,
    typeof body['detail'] === 'string' ? body['detail'] : body['code'],
    Array.isArray(body['diagnostics']) ? (body['diagnostics'] as Diagnostic[]) : [],
    requestId,
  );
}
