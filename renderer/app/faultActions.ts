/** Faults of both nodes in the command palette: each opens its last look before anything is broken; what is broken can be taken back. */
import type { T } from '../locales/index.ts';
import { link } from '../stores/link.ts';
import { attempt } from '../stores/notices.ts';
import { usePairs } from '../stores/pairs.ts';
import { showPane, useUi } from '../stores/ui.ts';
import { FAULT_ORDER, livingFaults } from '../views/faults/faultModel.ts';
import type { Action } from './actions.ts';

export function faultActions(t: T): Action[] {
  const { state } = usePairs.getState();
  if (state === null) return [];
  const { pairId } = state;
  const living = livingFaults(state.faults).map(({ node, name, faultId }): Action => ({
    id: `revert-${node}-${faultId}`,
    group: 'fault',
    title: `${t('fault.revert')}: ${t('fault.confirmTitle', { name: t(`fault.name.${name}`), node })}`,
    run: () => void attempt(() => link.client.faultRevert({ pairId, node, faultId })),
  }));
  const offers = state.nodes.flatMap(({ node }) =>
    FAULT_ORDER.map((name): Action => ({
      id: `inject-${name}-${node}`,
      group: 'fault',
      title: `${t('fault.inject')} ${t('fault.confirmTitle', { name: t(`fault.name.${name}`), node })}`,
      run: () => {
        useUi.setState({ faultNode: node, faultWish: name });
        showPane('faults');
      },
    })),
  );
  return [...living, ...offers];
}
