/** What keeps the pair from two holders and from none, node beside node: takeover rules, references, links, protection, keys. */
import { Button } from 'antd';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { PairState } from '../../../electron/common/contract/state.ts';
import { canConfirmDead } from '../../../electron/common/verdict/alarms.ts';
import { askConfirmDead } from '../../app/actions.ts';
import { usePairs } from '../../stores/pairs.ts';
import { useUi } from '../../stores/ui.ts';
import { type Cell, type Row, safetySections, type Section } from './safetyModel.ts';

function CellView({ cell }: { readonly cell: Cell }): React.JSX.Element {
  return (
    <td data-state={cell.state}>
      <span className="tb-safety-cell">
        {cell.state !== 'plain' && <span className="tb-dot" aria-hidden="true" />}
        <span className={cell.mono === true ? 'tb-safety-text tb-mono' : 'tb-safety-text'}>
          {cell.text}
          {cell.detail !== undefined && cell.detail !== '' && <em>{cell.detail}</em>}
        </span>
      </span>
    </td>
  );
}

function RowView({ row, isSame }: { readonly row: Row; readonly isSame: boolean }): React.JSX.Element {
  return (
    <Fragment>
      <tr>
        <th scope="row">{row.label}</th>
        <CellView cell={row.cells[0]} />
        <CellView cell={row.cells[1]} />
      </tr>
      {row.note !== undefined && (
        <tr className="tb-safety-note" data-good={isSame}>
          <td />
          <td colSpan={2}>{row.note}</td>
        </tr>
      )}
    </Fragment>
  );
}

/** `canRotate`: the keys are ours to change. */
function SectionView({
  section,
  canRotate,
}: {
  readonly section: Section;
  readonly canRotate: boolean;
}): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <tbody data-section={section.key}>
      <tr className="tb-safety-head">
        <th scope="rowgroup" colSpan={3}>
          {section.title}
          {section.key === 'keys' && canRotate && (
            <Button size="small" onClick={() => useUi.setState({ rotateOpen: true })}>
              {t('safety.rotate')}
            </Button>
          )}
        </th>
      </tr>
      {section.rows.length === 0 && (
        <tr>
          <td />
          <td colSpan={2} className="tb-muted">
            {t(section.key === 'references' ? 'safety.noReferences' : 'safety.none')}
          </td>
        </tr>
      )}
      {section.rows.map((row) => (
        <RowView key={row.key} row={row} isSame={row.cells.every((c) => c.state === 'up')} />
      ))}
    </tbody>
  );
}

function Confirmations({ state }: { readonly state: PairState }): React.JSX.Element | null {
  const { t } = useTranslation();
  const waiting = state.nodes.filter(canConfirmDead);
  if (waiting.length === 0) return null;
  return (
    <div className="tb-tools">
      {waiting.map(({ node }) => (
        <Button key={node} size="small" danger onClick={() => askConfirmDead(node)}>
          {node}: {t('alarm.confirm', { peer: state.nodes.find((n) => n.node !== node)?.node ?? '' })}
        </Button>
      ))}
    </div>
  );
}

export function Safety(): React.JSX.Element {
  const { t } = useTranslation();
  const state = usePairs((s) => s.state);
  if (state === null) return <section className="tb-pane tb-empty">{t('safety.noPair')}</section>;
  return (
    <section className="tb-pane tb-safety" aria-label={t('safety.region')}>
      <Confirmations state={state} />
      <div className="tb-scroll" tabIndex={0} role="group" aria-label={t('safety.region')}>
        <table className="tb-safety-table">
          <thead>
            <tr>
              <td />
              {state.nodes.map(({ node }, i) => (
                <th key={node} scope="col" data-node={i === 0 ? 'a' : 'b'}>
                  {node}
                </th>
              ))}
            </tr>
          </thead>
          {safetySections(state, t).map((section) => (
            <SectionView
              key={section.key}
              section={section}
              canRotate={state.nodes.every(({ status }) => status?.observed === undefined)}
            />
          ))}
        </table>
      </div>
    </section>
  );
}
