/** The operations of models and evaluators: a part of the one table in `operations.ts`. */
import type { OperationInfo } from './operations.ts';

/** See `OPERATIONS`. */
export const EVALUATION_OPERATIONS = {
  'model.status': {
    summary: 'Says how the models of this node stand',
    scope: 'operator:read',
    effect: 'read',
    kind: 'unary',
  },
  'model.list': {
    summary: 'Lists models with their versions',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'model.read': {
    summary: 'Gives the card of a model',
    scope: 'decision:read',
    effect: 'read',
    kind: 'unary',
  },
  'model.change': {
    summary: 'Chooses which version of a model serves',
    scope: 'operator:act',
    effect: 'write',
    kind: 'unary',
  },
} as const satisfies Record<string, OperationInfo>;
