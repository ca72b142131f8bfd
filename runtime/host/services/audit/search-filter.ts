/** From the filters of a caller to those of the index. */
import type { AuditSearchFilter } from '../../../../contracts/messages/audit/requests.ts';
import type { AuditIndexFilter } from '../../../kernel/ports/audit/audit-index.ts';

/** Filters of a search within tenants; the name of the node's own log stands for entries without a system. */
export function searchFilterOf(
  filter: AuditSearchFilter,
  { tenants, logName }: { readonly tenants: readonly string[]; readonly logName: string },
): AuditIndexFilter {
  const { from, to, action_type: action, category, actor, decision_id, system_id, text } = filter;
  return {
    tenants,
    sinceWallMs: from === undefined ? undefined : Date.parse(from),
    untilWallMs: to === undefined ? undefined : Date.parse(to),
    actionType: actionOf(action),
    categories: category === undefined ? undefined : [category],
    actor,
    decisionId: decision_id,
    systemId: system_id === logName ? null : system_id,
    text,
  };
}

function actionOf(given: string | undefined): AuditIndexFilter['actionType'] {
  if (given === undefined) return undefined;
  return given.endsWith('*')
    ? { text: given.slice(0, -1), isPrefix: true }
    : { text: given, isPrefix: false };
}
