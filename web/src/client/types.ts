// Names for the schemas of docs/openapi.yaml. A changed schema breaks the type check here.
import type { components } from './api';

type Schemas = components['schemas'];

export type Attribute = Schemas['attribute'];
export type Batch = Schemas['batch_results'];
export type EventDigest = Schemas['event_digest'];
export type Diagnostic = Schemas['diagnostic'];
export type ErrorGroup = Schemas['error_groups']['groups'][number];
export type ErrorGroups = Schemas['error_groups'];
export type Flow = Schemas['flow'];
export type FlowFiles = Schemas['flow_files'];
export type FlowOutline = Schemas['flow_outline'];
export type Job = Schemas['job'];
export type JobCommand = Schemas['job_command'];
export type JobOutcome = Schemas['job_outcome'];
export type JobResult = Schemas['job_result'];
export type JobStart = Schemas['job_start'];
export type Problem = Schemas['problem'];
export type ProblemCode = Problem['code'];
export type Run = Schemas['run'];
export type RunChanged = Schemas['run_changed'];
export type CleanupPage = Schemas['cleanup_page'];
export type LogicAnswer = Schemas['logic_answer'];
export type PastState = Schemas['past_state'];
export type RunError = Schemas['run_error'];
export type RunEvent = Schemas['event'];
export type RunExplanation = Schemas['run_explanation'];
export type RunList = Schemas['run_list'];
export type RunReasons = Schemas['run_reasons'];
export type RunStarted = Schemas['run_started'];
export type RunStatus = Schemas['status'];
export type RunSummary = Schemas['run_summary'];
export type RunStep = Schemas['step'];
export type Series = Schemas['series'];
export type StateChange = Schemas['state_change'];
export type WaitReason = Schemas['wait_reason'];
export type WaitingOn = Schemas['waiting_on'];
export type Workers = Schemas['workers'];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
