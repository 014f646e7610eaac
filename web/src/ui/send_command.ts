import type { Client, Run, RunChanged, RunStarted } from '../client';
import { type Command, type CommandBody, runIdOf } from '../model/commands';

/** Sends a command to a run; returns the answer. `if_status` guards against a run that changed since the page showed it. */
export async function sendCommand(
  client: Client,
  command: Command,
  run: Pick<Run, 'id' | 'status' | 'flow'>,
  body: CommandBody,
  key: string,
): Promise<RunChanged | RunStarted> {
  const options = { path: { id: run.id }, key };
  const guarded = { ...(body.reason ? { reason: body.reason } : {}), if_status: run.status };
  switch (command) {
    case 'pause':
      return client.post('/v1/runs/{id}/pause', { ...options, body: guarded });
    case 'resume':
      return client.post('/v1/runs/{id}/resume', { ...options, body: guarded });
    case 'cancel':
      return client.post('/v1/runs/{id}/cancel', { ...options, body: guarded });
    case 'terminate':
      return client.post('/v1/runs/{id}/terminate', { ...options, body: guarded });
    case 'retry':
      return client.post('/v1/runs/{id}/retry', { ...options, body: guarded });
    case 'skip':
      return client.post('/v1/runs/{id}/skip', { ...options, body: { ...guarded, node: body.node ?? '' } });
    case 'set-data':
      return client.post('/v1/runs/{id}/set-data', {
        ...options,
        body: { ...guarded, update: (body.update ?? {}) as never },
      });
    case 'answer':
      return client.post('/v1/runs/{id}/answer', {
        ...options,
        body: { ...body, answer: (body.answer ?? null) as never },
      });
    case 'signal':
      return client.post('/v1/runs/{id}/signal', {
        ...options,
        body: { type: body.type ?? '', payload: (body.payload ?? null) as never },
      });
    case 'restart':
      return client.post('/v1/runs/{id}/restart', {
        ...options,
        body: { id: body.id ?? runIdOf(run.flow, key) },
      });
  }
}
