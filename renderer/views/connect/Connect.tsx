/** Pairs and deployment: what happens before there is anything to watch. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import { connectPair } from '../../stores/connect.ts';
import { link } from '../../stores/link.ts';
import { attempt, notify } from '../../stores/notices.ts';
import { refreshPairs, selectPair, usePairs } from '../../stores/pairs.ts';
import { DeployView } from './DeployView.tsx';
import { draftOf, emptyDraft, type PairDraft } from './draft.ts';
import { PairForm } from './PairForm.tsx';
import { PairList } from './PairList.tsx';

export function Connect(): React.JSX.Element {
  const { t } = useTranslation();
  const taken = usePairs((s) => s.list).map((p) => p.id);
  const [draft, setDraft] = useState<PairDraft | null>(null);
  const save = async (spec: PairSpec, connect: boolean): Promise<void> => {
    const done = await attempt(() => link.client.pairSave({ spec }));
    if (done === undefined) return;
    setDraft(null);
    await refreshPairs();
    notify('success', t('connect.saved'));
    if (connect) connectPair(spec.id);
    else selectPair(spec.id);
  };
  return (
    <section className="tb-pane tb-connect tb-scroll" aria-label={t('connect.region')}>
      {draft === null ? (
        <>
          <PairList onEdit={(spec) => setDraft(draftOf(spec))} onNew={() => setDraft(emptyDraft())} />
          <DeployView />
        </>
      ) : (
        <PairForm
          key={draft.id}
          initial={draft}
          taken={taken}
          onSave={(spec, connect) => void save(spec, connect)}
          onCancel={() => setDraft(null)}
        />
      )}
    </section>
  );
}
